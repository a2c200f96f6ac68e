"""Welch's interval, CUPED and the sample-ratio check."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from loopmart.incrementality.estimates import (
    Arm,
    Estimate,
    adjust_arms,
    check_sample_ratio,
    compare_means,
    describe_sums,
    describe_values,
)
from tests.unit.incrementality.simulated import MEAN_SALES, simulate_members, split_members

REPETITIONS = 2000
LIFT = 0.2

amounts = st.lists(st.integers(-1000, 1000), min_size=3, max_size=20)


def cover(estimate: Estimate, truth: float) -> float:
    return float(np.mean((estimate.low <= truth) & (truth <= estimate.high)))


@pytest.mark.filterwarnings("ignore:Precision loss")
@given(treated=amounts, control=amounts)
def test_the_interval_is_that_of_scipys_welch_test(treated: list[int], control: list[int]) -> None:
    a, b = np.array(treated, dtype=float), np.array(control, dtype=float)
    found = compare_means(describe_values(a, a), describe_values(b, b))
    if np.ptp(a) + np.ptp(b) == 0:
        assert found.low == found.effect == found.high == a[0] - b[0]
        return
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    assert (float(found.low), float(found.high)) == pytest.approx((expected.low, expected.high), rel=1e-6, abs=1e-6)


@given(rows=st.lists(st.tuples(st.decimals(-1000, 1000, places=2), st.decimals(0, 1000, places=2)), min_size=2))
def test_sums_describe_an_arm_as_its_values_do(rows: list[tuple[Decimal, Decimal]]) -> None:
    y, x = zip(*rows, strict=True)
    by_sums = describe_sums(
        len(rows), sum(y), sum(v * v for v in y), sum(x), sum(v * v for v in x), sum(v * w for v, w in rows)
    )
    by_values = describe_values(np.array(y, dtype=float), np.array(x, dtype=float))
    for name in Arm.__dataclass_fields__:
        assert float(getattr(by_sums, name)) == pytest.approx(float(getattr(by_values, name)), rel=1e-9, abs=1e-6), name


@pytest.mark.parametrize("treated", [500, 800])
def test_intervals_cover_the_planted_lift_of_heavy_tailed_sales_as_often_as_they_say(treated: int) -> None:
    sales, before = simulate_members(REPETITIONS, 1000, seed=treated)
    truth = LIFT * MEAN_SALES
    arms = split_members(sales, before, treated, 1 + LIFT)
    plain, adjusted = compare_means(*arms), compare_means(*adjust_arms(*arms))
    assert 0.93 <= cover(plain, truth) <= 0.97
    assert 0.93 <= cover(adjusted, truth) <= 0.97
    assert float(np.mean(adjusted.high - adjusted.low)) < 0.95 * float(np.mean(plain.high - plain.low))


def test_cuped_keeps_the_expected_effect() -> None:
    sales, before = simulate_members(REPETITIONS, 400, seed=3)
    arms = split_members(sales, before, 200, 1 + LIFT)
    plain, adjusted = compare_means(*arms).effect, compare_means(*adjust_arms(*arms)).effect
    error = float(np.std(plain - adjusted)) / np.sqrt(REPETITIONS)
    assert abs(float(np.mean(plain - adjusted))) < 4 * error


def test_cuped_takes_nothing_off_where_nobody_bought_before() -> None:
    rows = np.array([1.0, 2.0, 4.0])
    arms = describe_values(rows, np.zeros(3)), describe_values(rows + 1, np.zeros(3))
    assert compare_means(*adjust_arms(*arms)) == compare_means(*arms)


def test_the_sample_ratio_is_checked_as_by_scipys_chi_square() -> None:
    expected = stats.chisquare([8_700, 1_300], [9_000, 1_000]).pvalue
    assert float(check_sample_ratio(8_700, 1_300, 0.9)) == pytest.approx(expected)
    drawn = np.random.default_rng(4).binomial(5_000, 0.8, 4_000)
    alarms = check_sample_ratio(drawn, 5_000 - drawn, 0.8) < 0.05
    assert 0.04 < float(alarms.mean()) < 0.06
