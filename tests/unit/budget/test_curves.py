"""Planted worlds are found again; a curve is concave, never negative, and the same for the same points."""

from __future__ import annotations

import numpy as np
import pytest

from loopmart.budget.curves import Floats, fit_curve

WORLDS = 200
SHARES = np.array([0.25, 0.5, 1.0])
"""Of the highest spend, where the curve is compared with the planted one."""


def draw_campaigns(
    generator: np.random.Generator, count: int, elasticity: float, *, is_proportional: bool
) -> tuple[Floats, Floats]:
    """Spend and response of campaigns: a planted curve with noise of a quarter of it, or the same for all."""
    spend = generator.uniform(200, 4_000, count)
    planted = 50 * spend**elasticity
    deviation = 0.25 * (planted if is_proportional else 50 * 2_000**elasticity)
    return spend, planted + deviation * generator.standard_normal(count)


@pytest.mark.parametrize(
    ("count", "elasticity", "is_proportional"),
    [(8, 0.6, False), (12, 0.3, True)],
    ids=["few", "noise that grows"],
)
def test_a_planted_curve_lies_within_its_intervals_nine_times_in_ten(
    count: int, elasticity: float, *, is_proportional: bool
) -> None:
    generator = np.random.default_rng(11)
    responses, derivatives = np.zeros(len(SHARES)), np.zeros(len(SHARES))
    for world in range(WORLDS):
        points = draw_campaigns(generator, count, elasticity, is_proportional=is_proportional)
        curve = fit_curve(*points, seed=world)
        spend = SHARES * curve.highest
        for hits, (low, high), planted in (
            (responses, curve.bound_response(spend), 50 * spend**elasticity),
            (derivatives, curve.bound_derivative(spend), 50 * elasticity * spend ** (elasticity - 1)),
        ):
            hits += (low <= planted) & (planted <= high)
    assert (responses >= 0.9 * WORLDS).all(), responses
    assert (derivatives >= 0.9 * WORLDS).all(), derivatives
    assert responses.mean() < WORLDS, "an interval that always holds says nothing"


def test_without_noise_the_curve_is_the_planted_one() -> None:
    spend = np.linspace(100, 900, 9)
    curve = fit_curve(spend, 7 * spend**0.5)
    assert curve.elasticity == 0.5
    assert curve.respond(spend) == pytest.approx(7 * spend**0.5)
    assert curve.differentiate(spend) == pytest.approx(3.5 * spend**-0.5)


def test_each_further_yuan_returns_less_than_the_one_before() -> None:
    generator = np.random.default_rng(3)
    for elasticity in (0.2, 0.5, 0.9, 1.5):
        curve = fit_curve(*draw_campaigns(generator, 10, elasticity, is_proportional=True))
        assert (np.diff(curve.differentiate(np.linspace(1, curve.highest, 50))) < 0).all()


def test_campaigns_that_lost_money_make_no_curve_that_pays() -> None:
    spend = np.linspace(100, 900, 9)
    curve = fit_curve(spend, -spend)
    assert curve.scale == 0
    assert (curve.differentiate(spend) == 0).all()
    assert curve.find_spend(1.0) == 0


def test_the_spend_found_for_a_return_is_where_the_curve_returns_it() -> None:
    spend = np.linspace(100, 900, 9)
    curve = fit_curve(spend, 40 * spend**0.5)
    found = curve.find_spend(1.0)
    assert found == pytest.approx(400)
    assert curve.differentiate(np.array([found])) == pytest.approx([1.0])
    assert curve.find_spend(1e-6) == 900


def test_the_same_campaigns_give_the_same_intervals() -> None:
    points = draw_campaigns(np.random.default_rng(5), 10, 0.5, is_proportional=True)
    one, other = fit_curve(*points), fit_curve(*points)
    assert np.array_equal(one.scales, other.scales)
    assert np.array_equal(one.elasticities, other.elasticities)
