"""A/A tests: what finds nothing where there is nothing, and a test that finds too much is told."""

from __future__ import annotations

import numpy as np
import pytest

from loopmart.incrementality.estimates import compare_means, describe_values
from loopmart.incrementality.synthetic import conclude_gaps, find_gaps, list_assignments
from loopmart.incrementality.trials import try_holdouts, try_stores
from tests.unit.incrementality.simulated import simulate_members, simulate_stores


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_members_held_out_of_nothing_show_an_effect_in_3_to_7_percent_of_draws(share: float) -> None:
    sales, before = (rows[0] for rows in simulate_members(1, 2_000, seed=7))
    for trial in try_holdouts(sales, before, 2_000, share):
        assert trial.draws == 2_000
        assert trial.promised == pytest.approx(0.05)
        assert 0.03 <= trial.rate <= 0.07, trial.method


def test_a_trial_in_parts_is_the_trial_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sales, before = (rows[0] for rows in simulate_members(1, 200, seed=8))
    whole = try_holdouts(sales, before, 50)
    monkeypatch.setattr("loopmart.incrementality.trials.CELLS", 1_400)
    assert try_holdouts(sales, before, 50) == whole


def test_false_positives_over_fresh_members_are_3_to_7_percent() -> None:
    sales, _ = simulate_members(2_000, 600, seed=9)
    found = compare_means(*(describe_values(half, half) for half in np.split(sales, 2, axis=1)))
    assert 0.03 <= float(np.mean((found.low > 0) | (found.high < 0))) <= 0.07


@pytest.mark.parametrize(("stores", "treated", "promised"), [(20, 1, 0.05), (10, 1, 0.1), (30, 4, 0.05)])
def test_stores_chosen_for_nothing_show_an_effect_as_often_as_the_level_says(
    stores: int, treated: int, promised: float
) -> None:
    synthetic, pre_post = try_stores(*simulate_stores(60, stores, 8, seed=stores), treated, 600)
    assert synthetic.promised == pytest.approx(promised)
    assert abs(synthetic.rate - promised) <= 0.02
    assert pre_post.promised == pytest.approx(0.05)
    assert abs(pre_post.rate - 0.05) <= 0.02


def test_false_positives_of_synthetic_control_over_fresh_stores_are_3_to_7_percent() -> None:
    before, after = simulate_stores(1_000, 20, 8, seed=11)
    found = conclude_gaps(find_gaps(before, after, list_assignments(20, 1)))
    assert 0.03 <= float(np.mean((found.low > 0) | (found.high < 0))) <= 0.07
