"""The table that dbt's Python model hands over: how much an order on whose path a campaign stands weighs for it."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from loopmart.attribution.markov import share_conversions
from loopmart.attribution.paths import Path, count_passages
from loopmart.attribution.shapley import sum_shapley_values

SCALE = 10_000
WEIGHTS = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("shapley_weight", pa.int64()),
        ("markov_weight", pa.int64()),
    ]
)


def tabulate_weights(paths: duckdb.DuckDBPyRelation, null_paths: duckdb.DuckDBPyRelation) -> pa.Table:
    """Solve both methods over all paths; one row per campaign that stands on the path of an order, in WEIGHTS' columns.

    Args:
        paths: order_id, campaign_id and path_position of the touches before orders; one without a position is left out.
        null_paths: the same by member_id, of the touches that no order followed.
    """
    counted: dict[tuple[str, ...], list[int]] = {}
    for kind, relation, owner in ((0, paths, "order_id"), (1, null_paths, "member_id")):
        for campaigns, count in _read_paths(relation, owner):
            counted.setdefault(campaigns, [0, 0])[kind] = count
    found = [Path(campaigns, *counted[campaigns]) for campaigns in sorted(counted)]
    return pa.Table.from_pylist(_weigh_campaigns(found), schema=WEIGHTS)


def _read_paths(relation: duckdb.DuckDBPyRelation, owner: str) -> list[tuple[tuple[str, ...], int]]:
    walks = relation.filter("path_position is not null").aggregate(
        "list(campaign_id order by path_position) as campaigns", owner
    )
    return [(tuple(row[0]), row[1]) for row in walks.aggregate("campaigns, count(*)", "campaigns").fetchall()]


def _weigh_campaigns(paths: Sequence[Path]) -> list[dict[str, object]]:
    """A campaign's conversions over the paths on which it stands, as whole numbers: the highest has SCALE.

    Its conversions alone would give an order to whichever campaign is the largest.
    """
    passages = count_passages(paths)
    rates = [
        {campaign: value / passages[campaign] for campaign, value in values.items() if value > 0}
        for values in (sum_shapley_values(paths), share_conversions(paths))
    ]
    highest = [max(rate.values(), default=1.0) for rate in rates]
    return [
        {
            "campaign_id": campaign,
            "shapley_weight": max(1, round(SCALE * rates[0][campaign] / highest[0])),
            "markov_weight": max(1, round(SCALE * rates[1][campaign] / highest[1])),
        }
        for campaign in rates[0]
    ]
