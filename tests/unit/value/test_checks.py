"""The verdict on a fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loopmart.value.checks import DOES_NOT_FIT, FITS, NOT_ENOUGH_DATA, Assessment, Check, assess
from loopmart.value.summaries import Days, sum_by_day
from tests.unit.value.customers import simulate_days

END = 104 * 7 - 1


def look_up(assessment: Assessment, measure: str) -> Check:
    (check,) = [check for check in assessment.checks if check.measure == measure]
    return check


@pytest.fixture(scope="module")
def days() -> Days:
    return simulate_days(1500, 104, seed=20)


def test_customers_of_the_models_world_fit(days: Days) -> None:
    assessment = assess(days, END)
    assert (assessment.verdict, assessment.reason) == (FITS, "")
    assert look_up(assessment, "holdout_days").observed == (END - days.days.min() + 1) // 4


@pytest.mark.parametrize("seed", range(4))
def test_a_few_hundred_customers_are_not_blamed_for_chance(seed: int) -> None:
    assert assess(simulate_days(200, 104, seed=100 + seed, arrivals=0.5), END).verdict == FITS


def test_the_classes_of_frequencies_hold_everyone_once(days: Days) -> None:
    assessment = assess(days, END)
    classes = [check for check in assessment.checks if check.measure.startswith("members_with_")]
    everyone = look_up(assessment, "member_count").observed
    assert sum(check.observed for check in classes) == everyone
    assert sum(check.expected or 0 for check in classes) == pytest.approx(everyone)


def test_shops_that_half_their_customers_leave_in_the_last_quarter_do_not_fit(days: Days) -> None:
    holdout = days.days > END - (END - days.days.min() + 1) // 4
    kept = ~(holdout & (days.customers % 2 == 0))
    left = Days(days.customer_ids, days.customers[kept], days.days[kept], days.cents[kept])
    assessment = assess(left, END)
    assert assessment.verdict == DOES_NOT_FIT
    assert "holdout purchases predicted by actual" in assessment.reason
    assert "(at least 0.8, at most 1.25)" in assessment.reason


def test_prices_that_double_in_the_last_quarter_do_not_fit(days: Days) -> None:
    holdout = days.days > END - (END - days.days.min() + 1) // 4
    assessment = assess(replace(days, cents=np.where(holdout, 2 * days.cents, days.cents)), END)
    assert assessment.verdict == DOES_NOT_FIT
    assert "holdout net sales predicted by actual" in assessment.reason


def test_customers_like_clockwork_do_not_fit() -> None:
    visits = [(f"C{customer:03}", customer % 7 + 7 * week) for customer in range(300) for week in range(60)]
    ids, on = zip(*visits, strict=True)
    assessment = assess(sum_by_day(ids, np.array(on), np.full(len(ids), 2000)), 60 * 7 - 1)
    assert assessment.verdict == DOES_NOT_FIT
    assert assessment.reason.startswith("purchasing: ")


@pytest.mark.parametrize(("size", "weeks", "lacking"), [(1500, 25, "history days 17"), (90, 104, "repeat members")])
def test_a_short_history_or_few_customers_are_not_enough(size: int, weeks: int, lacking: str) -> None:
    assessment = assess(simulate_days(size, weeks, seed=21, arrivals=0.6), weeks * 7 - 1)
    assert assessment.verdict == NOT_ENOUGH_DATA
    assert lacking in assessment.reason
    assert assessment.fits == {}


def test_no_customers_at_all_are_not_enough() -> None:
    nobody = sum_by_day([], np.array([], dtype=np.int64), np.array([], dtype=np.int64))
    assert assess(nobody, 0).verdict == NOT_ENOUGH_DATA
