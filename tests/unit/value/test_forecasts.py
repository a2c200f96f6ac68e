"""Intervals hold the share of outcomes that they say, and repeat to the byte."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from loopmart.value.forecasts import Forecast, forecast
from loopmart.value.purchasing import fit_purchases
from loopmart.value.spending import fit_spending
from loopmart.value.summaries import Days, Floats, Summaries, count_after, summarise
from tests.unit.value.customers import simulate_days

CUT = 78 * 7 - 1


@dataclass(frozen=True)
class World:
    """Customers, what is predicted of them after a day, and what they did then."""

    summaries: Summaries
    told: Forecast
    purchases: Floats
    spent: Floats

    @property
    def inside(self) -> NDArray[np.bool_]:
        return (self.spent >= self.told.low) & (self.spent <= self.told.high)


def predict(days: Days) -> tuple[Summaries, Forecast]:
    summaries = summarise(days, CUT, 7.0)
    return summaries, forecast(fit_purchases(summaries), fit_spending(summaries), summaries, 26.0)


@pytest.fixture(scope="module", params=range(2))
def world(request: pytest.FixtureRequest) -> World:
    days = simulate_days(3000, 104, seed=10 + request.param)
    summaries, told = predict(days)
    return World(summaries, told, *count_after(days, CUT, summaries.customer_ids))


def test_as_many_outcomes_lie_within_the_interval_as_it_says(world: World) -> None:
    assert abs(world.inside.mean() - world.told.coverage.mean()) < 0.02
    assert (world.spent > world.told.high).mean() < 0.11
    assert (world.spent < world.told.low).mean() < 0.11
    assert world.told.coverage.min() > 0.79


def test_four_of_five_outcomes_of_frequent_buyers_lie_within_the_interval(world: World) -> None:
    busy = (world.summaries.frequency >= 10) & (world.told.alive > 0.9)
    assert busy.sum() > 100
    assert abs(world.inside[busy].mean() - 0.8) < 3 * np.sqrt(0.8 * 0.2 / busy.sum()) + 0.02


def test_the_total_is_predicted_within_a_tenth(world: World) -> None:
    assert world.told.purchases.sum() == pytest.approx(world.purchases.sum(), rel=0.1)
    assert world.told.amount.sum() == pytest.approx(world.spent.sum(), rel=0.1)


def test_simulated_totals_lie_around_the_expected_total(world: World) -> None:
    expected = (world.told.purchases.sum(), world.told.amount.sum())
    assert world.told.totals.mean(axis=1) == pytest.approx(expected, rel=0.02)


def test_the_expectation_lies_within_the_interval(world: World) -> None:
    assert (world.told.low <= world.told.amount).all()
    assert (world.told.amount <= world.told.high).all()
    assert (world.told.low >= 0).all()


def test_the_same_customers_get_the_same_bytes() -> None:
    days = simulate_days(500, 104, seed=15)
    one, other = predict(days)[1], predict(days)[1]
    assert one.low.tobytes() == other.low.tobytes()
    assert one.high.tobytes() == other.high.tobytes()
