"""Verdicts on comparisons of members."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loopmart.incrementality.estimates import Arm, describe_values
from loopmart.incrementality.members import Comparison, Window, conclude_holdout, conclude_naive, miss_holdout
from loopmart.incrementality.power import count_needed_members
from loopmart.incrementality.verdicts import CUPED, GAIN, HOLDOUT, LOSS, NO_EFFECT, NOT_CAUSAL, NOT_ENOUGH_DATA
from tests.unit.incrementality.simulated import load_lalonde, simulate_members, split_members

WHOLE = Window(10, 10)


def compare_trainees(package: str) -> Comparison:
    people = load_lalonde(package)
    arms = [
        describe_values(arm["re78"].to_numpy(float), arm["before"].to_numpy(float))
        for arm in (people[people["treat"] == 1], people[people["treat"] == 0])
    ]
    return Comparison("campaign", "1", WHOLE, *arms)


def plant(factor: float, members: int = 4_000, seed: int = 1) -> Comparison:
    sales, before = simulate_members(1, members, seed)
    return Comparison("campaign", "1", WHOLE, *split_members(sales[0], before[0], members // 2, factor), 0.5)


def test_lalondes_naive_comparison_is_not_causal_and_the_experiment_measures_a_gain() -> None:
    naive = conclude_naive(compare_trainees("causalpy"))
    assert naive.effect is not None
    assert naive.effect.amount / 185 == pytest.approx(-635.03, abs=0.01)
    assert naive.verdict == NOT_CAUSAL
    plain, adjusted = conclude_holdout(compare_trainees("causaldata"), naive)
    for finding in (plain, adjusted):
        assert finding.effect is not None
        assert finding.verdict == GAIN
        assert finding.naive == naive.effect.amount
    assert plain.effect is not None
    assert plain.effect.amount / 185 == pytest.approx(1794.34, abs=0.01)


def test_who_calls_lalondes_survey_held_out_at_random_is_found_out_by_the_earnings_before() -> None:
    survey = compare_trainees("causalpy")
    for finding in conclude_holdout(survey, conclude_naive(survey)):
        assert finding.verdict == NOT_CAUSAL
        assert "differed before" in finding.reason


@pytest.mark.parametrize(("factor", "verdict"), [(1.5, GAIN), (0.5, LOSS), (1.0, NO_EFFECT)])
def test_the_verdict_says_on_which_side_of_zero_the_interval_lies(factor: float, verdict: str) -> None:
    comparison = plant(factor)
    for finding, method in zip(conclude_holdout(comparison, conclude_naive(comparison)), (HOLDOUT, CUPED), strict=True):
        assert (finding.method, finding.verdict) == (method, verdict)
        assert finding.effect is not None
        assert (finding.effect.low > 0, finding.effect.high < 0) == (verdict == GAIN, verdict == LOSS)


def test_arms_that_lost_members_unevenly_carry_no_effect() -> None:
    comparison = replace(plant(1.5), planned_share=0.6)
    for finding in conclude_holdout(comparison, conclude_naive(comparison)):
        assert finding.verdict == NOT_CAUSAL
        assert "a share of 0.6000 was drawn" in finding.reason


@pytest.mark.parametrize(
    ("window", "reason"),
    [
        (Window(0, 0), "the campaign list does not give the dates"),
        (Window(5, 0), "the window lies wholly outside the loaded business dates"),
        (Window(5, 3), "the window lies partly outside the loaded business dates (3 of 5 days are loaded)"),
    ],
)
def test_a_window_that_is_not_loaded_is_not_enough_data(window: Window, reason: str) -> None:
    comparison = replace(plant(1.5), window=window)
    naive = conclude_naive(comparison)
    for finding in (naive, *conclude_holdout(comparison, naive)):
        assert (finding.verdict, finding.reason, finding.effect) == (NOT_ENOUGH_DATA, reason, None)
        assert finding.needed_members is None
        assert finding.window_lack == reason


@pytest.mark.parametrize("is_treated_small", [True, False])
def test_an_arm_of_29_is_too_small_and_one_of_30_is_not(is_treated_small: bool) -> None:
    sales, before = simulate_members(1, 1_000, 6)
    for size, is_enough in ((29, False), (30, True)):
        arms = split_members(sales[0], before[0], size if is_treated_small else 1_000 - size, 1.0)
        finding = conclude_naive(Comparison("campaign", "1", WHOLE, *arms))
        assert (finding.verdict == NOT_CAUSAL) == is_enough
        assert (finding.needed_members is None) == is_enough


def test_without_a_holdout_it_says_how_many_members_would_show_a_gain_that_pays_the_cost() -> None:
    comparison = replace(plant(1.0), cost=2_000 * 5.0)
    assert comparison.treated is not None
    assert comparison.control is not None
    deviation = float(np.sqrt((comparison.treated.variance + comparison.control.variance) / 2))
    for finding in miss_holdout(comparison):
        assert (finding.verdict, finding.reason) == (NOT_ENOUGH_DATA, "no member was held out at random")
        assert finding.needed_members == count_needed_members(deviation, 5.0)


def test_with_nobody_to_learn_from_the_least_number_is_asked_for() -> None:
    nobody = Comparison("campaign", "1", WHOLE, None, None, cost=100.0)
    assert [finding.needed_members for finding in miss_holdout(nobody)] == [60, 60]
    still: Arm = describe_values(np.zeros(50), np.zeros(50))
    assert miss_holdout(replace(nobody, treated=still, cost=None))[0].needed_members == 60
