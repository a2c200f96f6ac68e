"""Shapley values of campaigns: what each adds to a coalition of campaigns, averaged over all orders of joining it.

The players are campaigns, unordered: how often and in which order they stand on a path counts for nothing. A coalition
is worth the conversions of the paths on which no campaign but its own stands. For this game the value has the closed
form of Zhao, Mahboobi and Bagheri, "Shapley Value Methods for Attribution Modeling in Online Advertising" (2018,
arXiv:1804.05327): the conversions of each set of campaigns, shared out evenly within the set. Nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Iterable

from loopmart.attribution.paths import Path


def sum_shapley_values(paths: Iterable[Path]) -> dict[str, float]:
    """Conversions by campaign, in its order of names; their sum is that of the conversions.

    Campaigns that stand on no path with a conversion have 0.
    """
    by_set: dict[tuple[str, ...], int] = {}
    for path in paths:
        players = tuple(sorted(set(path.campaigns)))
        by_set[players] = by_set.get(players, 0) + path.conversions
    values = dict.fromkeys(sorted({player for players in by_set for player in players}), 0.0)
    for players in sorted(by_set):
        for player in players:
            values[player] += by_set[players] / len(players)
    return values
