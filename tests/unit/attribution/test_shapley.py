"""The closed form of the Shapley value against its definition: the mean over all orders of joining the coalition."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given

from loopmart.attribution.paths import Path, list_campaigns
from loopmart.attribution.shapley import sum_shapley_values
from tests.unit.attribution.test_markov import PATHS


def count_conversions(paths: list[Path], coalition: set[str]) -> int:
    """What a coalition is worth: the conversions of paths on which no other campaign stands."""
    return sum(path.conversions for path in paths if set(path.campaigns) <= coalition)


@given(PATHS)
def test_a_campaign_has_its_mean_addition_over_all_orders_of_joining(paths: list[Path]) -> None:
    players = list_campaigns(paths)
    orders = list(permutations(players))
    added = dict.fromkeys(players, 0)
    for order in orders:
        for place, player in enumerate(order):
            before, after = set(order[:place]), set(order[: place + 1])
            added[player] += count_conversions(paths, after) - count_conversions(paths, before)
    values = sum_shapley_values(paths)
    assert values == pytest.approx({player: total / len(orders) for player, total in added.items()})
    assert sum(values.values()) == pytest.approx(sum(path.conversions for path in paths))


def test_order_and_repetition_on_a_path_count_for_nothing() -> None:
    assert sum_shapley_values([Path(("a", "b"), 3, 1)]) == sum_shapley_values([Path(("b", "a", "b"), 3, 1)])
