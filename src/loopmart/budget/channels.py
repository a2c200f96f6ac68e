"""What is known of each channel: its campaigns as points, and the curve through them where they are enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import duckdb
import numpy as np

from loopmart.budget.curves import Curve, fit_curve
from loopmart.errors import LoopmartError
from loopmart.incrementality.verdicts import CUPED, GAIN, HOLDOUT, LOSS, NO_EFFECT, PRE_POST, SYNTHETIC

LEAST_CAMPAIGNS = 8
LEAST_SPENDS = 4
MEASURED_METHODS = (CUPED, HOLDOUT, SYNTHETIC, PRE_POST)
"""The first that a campaign has a verdict of is taken: where members were held out, stores need not be compared."""
MEASURED_VERDICTS = (GAIN, LOSS, NO_EFFECT)
MEASURED, ALLOCATED = "measured", "allocated only"
_POINTS = """
    select r.channel, r.campaign_id, r.method, r.verdict, r.currency, cast(r.cost_amount as double) as spend,
        cast(coalesce(r.incremental_net_sales_amount, r.attributed_net_sales_amount) as double) as response
    from marts.campaign_roi as r
    inner join marts.campaigns as c on r.campaign_id = c.campaign_id
    where r.cost_amount > 0
    order by r.channel, c.start_date nulls first, r.campaign_id, r.method
"""


class Point(NamedTuple):
    """What one campaign cost and returned, by one method."""

    channel: str
    campaign_id: str
    method: str
    verdict: str
    currency: str
    spend: float
    response: float | None


@dataclass(frozen=True)
class Channel:
    """A channel, and what its campaigns say.

    Attributes:
        basis: MEASURED, or ALLOCATED where no campaign of the channel has been measured.
        points: one a campaign, the latest campaign last.
        lack: why there is no curve, with how much would be enough; empty where there is one.
        curve: net sales by spend; None with a lack.
    """

    name: str
    basis: str
    points: tuple[Point, ...]
    lack: str
    curve: Curve | None

    @property
    def latest_spend(self) -> float:
        """What the latest campaign cost."""
        return self.points[-1].spend

    @property
    def currency(self) -> str:
        """ISO 4217 code of what the latest campaign cost."""
        return self.points[-1].currency


def read_channels(marts: duckdb.DuckDBPyConnection, method: str) -> list[Channel]:
    """Every channel that has cost something, by name.

    Args:
        marts: connection to the published marts.
        method: by which orders are allocated, for channels where nothing was measured.

    Raises:
        LoopmartError: no campaign has cost anything, or none was allocated by that method.
    """
    points = [Point(*row) for row in marts.execute(_POINTS).fetchall()]
    if not points:
        raise LoopmartError("no campaign has a cost in marts.campaign_roi: load what campaigns cost, then ask again")
    allocated = sorted({point.method for point in points if point.verdict == ALLOCATED})
    if method not in allocated:
        raise LoopmartError(f"--method {method}: orders are allocated by {', '.join(allocated)}")
    return [_judge(name, list(rows), method) for name, rows in groupby(points, key=lambda point: point.channel)]


def _judge(name: str, points: Sequence[Point], method: str) -> Channel:
    chosen = tuple(_choose_measured(points))
    basis = MEASURED if chosen else ALLOCATED
    chosen = chosen or tuple(point for point in points if point.method == method)
    lack = "; ".join(_list_lacks(chosen, basis))
    if lack:
        return Channel(name, basis, chosen, lack, None)
    spend, response = np.array([(point.spend, point.response) for point in chosen]).T
    return Channel(name, basis, chosen, "", fit_curve(spend, response))


def _choose_measured(points: Sequence[Point]) -> Iterator[Point]:
    """Of each campaign that was measured, the figure of the method that says most."""
    for _, rows in groupby(points, key=lambda point: point.campaign_id):
        found = {row.method: row for row in rows if row.verdict in MEASURED_VERDICTS}
        yield from [found[method] for method in MEASURED_METHODS if method in found][:1]


def _list_lacks(points: Sequence[Point], basis: str) -> Iterator[str]:
    spends = len({point.spend for point in points})
    currencies = sorted({point.currency for point in points})
    if len(points) < LEAST_CAMPAIGNS:
        told = f"{basis} campaigns" if basis == MEASURED else "campaigns"
        yield f"{told} with a cost: {len(points)} of at least {LEAST_CAMPAIGNS}"
    if spends < LEAST_SPENDS:
        yield f"different costs: {spends} of at least {LEAST_SPENDS}"
    if len(currencies) > 1:
        yield f"costs in several currencies: {', '.join(currencies)}"
