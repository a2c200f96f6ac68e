"""Synthetic control and pre/post with controls: published results, and coverage of a planted lift."""

from __future__ import annotations

import math

import numpy as np
import pytest

from loopmart.incrementality.differences import compare_changes
from loopmart.incrementality.synthetic import conclude_gaps, find_gaps, fit_weights, list_assignments
from tests.unit.incrementality.simulated import load_california, simulate_stores

LIFT = 0.15


def test_california_smoked_less_than_its_published_synthetic_control() -> None:
    """D. Arkhangelsky et al., American Economic Review 111 (2021) 4088-4118, table 1: -19.6; by differences -27.3."""
    before, after = load_california()
    own = list_assignments(len(after), 1)[:1]
    weights = fit_weights(before, own, ridge=1e-9, steps=2_000)[0]
    assert float(after[0] - weights @ after) == pytest.approx(-19.6, abs=0.15)
    assert weights[0] == 0
    changes = compare_changes(after - before.mean(axis=1), np.arange(len(after)) < 1)
    assert float(changes.effect) == pytest.approx(-27.3, abs=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_weights_are_convex_and_no_other_mixture_is_more_alike(seed: int) -> None:
    generator = np.random.default_rng(seed)
    before = generator.lognormal(0, 0.3, (8, 6))
    assignments = list_assignments(8, 2)
    weights = fit_weights(before, assignments, ridge=0.01, steps=2_000)
    assert np.all(weights >= 0)
    assert np.all(weights[assignments] == 0)
    assert weights.sum(axis=1) == pytest.approx(1)
    targets = np.array([before[own].mean(axis=0) for own in assignments])

    def miss(mixture: np.ndarray) -> np.ndarray:
        return ((targets - mixture @ before) ** 2).mean(axis=1) + 0.01 * (mixture**2).sum(axis=1)

    for _ in range(200):
        others = generator.dirichlet(np.full(8, 0.5), len(assignments)) * ~assignments
        others /= others.sum(axis=1, keepdims=True)
        for step in (1.0, 0.01):
            assert np.all(miss(weights + step * (others - weights)) >= miss(weights) - 1e-6)


@pytest.mark.parametrize(
    ("stores", "treated", "repetitions", "draws", "level"),
    [(20, 1, 1_000, 199, 0.95), (10, 1, 2_000, 199, 0.9), (6, 1, 2_000, 199, 1 - 1 / 6), (12, 3, 1_000, 39, 0.95)],
)
def test_placebo_intervals_cover_the_planted_lift_as_often_as_they_say(
    stores: int, treated: int, repetitions: int, draws: int, level: float
) -> None:
    before, after = simulate_stores(repetitions, stores, 8, seed=stores)
    after[:, :treated] += LIFT
    found = conclude_gaps(find_gaps(before, after, list_assignments(stores, treated, draws)))
    assert found.level == pytest.approx(level)
    covered = float(np.mean((found.low <= LIFT) & (found.high >= LIFT)))
    assert abs(covered - level) < 0.02


def test_a_large_effect_is_found_among_twenty_stores() -> None:
    before, after = simulate_stores(200, 20, 8, seed=8)
    after[:, 0] += 1.0
    found = conclude_gaps(find_gaps(before, after, list_assignments(20, 1)))
    assert float(np.mean(found.low > 0)) > 0.95


def test_every_effect_in_the_interval_passes_the_placebo_test_and_no_other() -> None:
    """The ends come in closed form; here the test itself is run over a grid of effects."""
    before, after = (rows[0] for rows in simulate_stores(1, 24, 8, seed=9))
    after[:2] += 1.0
    assignments = list_assignments(24, 2, draws=99)
    found = conclude_gaps(find_gaps(before, after, assignments), level=0.9)
    for effect in np.linspace(float(found.low) - 0.1, float(found.high) + 0.1, 61):
        without = after - effect * assignments[0]
        gaps = np.abs(find_gaps(before, without, assignments).gaps)
        share = float(np.mean(gaps >= gaps[0] - 1e-12))
        assert (share > 0.1 + 1e-9) == (found.low <= effect <= found.high)


def test_the_interval_of_changes_covers_the_planted_lift() -> None:
    for treated in (1, 4):
        before, after = simulate_stores(4_000, 16, 8, seed=treated)
        after[:, :treated] += LIFT
        found = compare_changes(after - before.mean(axis=-1), np.arange(16) < treated)
        assert 0.93 <= float(np.mean((found.low <= LIFT) & (found.high >= LIFT))) <= 0.97


def test_assignments_begin_with_the_true_one_and_none_comes_twice() -> None:
    for stores, treated, draws, count in ((7, 3, 199, 35), (60, 5, 199, 200), (60, 1, 199, 60)):
        assignments = list_assignments(stores, treated, draws)
        assert len({tuple(row) for row in assignments}) == len(assignments) == count <= math.comb(stores, treated)
        assert np.all(assignments[0] == (np.arange(stores) < treated))
        assert np.all(assignments.sum(axis=1) == treated)
