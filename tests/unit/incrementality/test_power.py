"""What an experiment can find: compared with simulated experiments, which find it as often as promised."""

from __future__ import annotations

import math

import numpy as np
import pytest

from loopmart.incrementality.estimates import compare_means, describe_values
from loopmart.incrementality.power import count_needed_members, find_detectable_effect
from loopmart.incrementality.synthetic import conclude_gaps, find_detectable_gap, find_gaps, list_assignments
from tests.unit.incrementality.simulated import simulate_members, simulate_stores, split_members


@pytest.mark.parametrize("treated", [1_000, 1_800])
def test_the_detectable_effect_is_found_in_four_of_five_experiments(treated: int) -> None:
    sales, before = simulate_members(2_000, 2_000, seed=treated)
    deviation = float(sales.std(axis=1).mean())
    effect = find_detectable_effect(deviation, treated, 2_000 - treated)
    arms = split_members(sales, before, treated, 1.0)
    shifted = describe_values(sales[:, :treated] + effect, before[:, :treated])
    assert float(np.mean(compare_means(shifted, arms[1]).low > 0)) == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_the_needed_members_are_the_fewest_that_find_the_effect(share: float) -> None:
    needed = count_needed_members(10.0, 1.0, share)
    sizes = {size: round(size * share) for size in (needed, needed - 2)}
    found = {size: find_detectable_effect(10.0, treated, size - treated) for size, treated in sizes.items()}
    assert found[needed] <= 1.0 < found[needed - 2]


def test_two_equal_arms_need_the_textbook_number() -> None:
    """Half a standard deviation, 80 % power: 64 in each (J. Cohen, Psychological Bulletin 112 (1992) 155-159)."""
    assert count_needed_members(1.0, 0.5) == pytest.approx(128, abs=1)


def test_no_number_of_members_finds_nothing() -> None:
    with pytest.raises(ValueError, match=r"an effect of 0"):
        count_needed_members(1.0, 0.0)
    assert find_detectable_effect(1.0, 1, 50) == math.inf


def test_the_detectable_gap_is_found_in_four_of_five_stores() -> None:
    before, after = simulate_stores(600, 30, 8, seed=5)
    assignments = list_assignments(30, 1)
    gap = find_detectable_gap(before[:200], after[:200], assignments)
    found = conclude_gaps(find_gaps(before[200:], after[200:] + gap * assignments[0], assignments))
    assert float(np.mean(found.low > 0)) == pytest.approx(0.8, abs=0.06)


def test_more_stores_with_the_campaign_find_a_smaller_effect() -> None:
    before, after = simulate_stores(10, 30, 8, seed=6)
    gaps = [find_detectable_gap(before, after, list_assignments(30, treated, 59)) for treated in (1, 4)]
    assert 0 < gaps[1] < gaps[0]
