"""Published marts with campaigns of a few channels, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

Row = tuple[str, str, str, str, str, float, float | None]
"""Channel, campaign, method, verdict, currency, cost, net sales (incremental where the verdict is a measured one)."""


def list_campaigns(channel: str, count: int, method: str, verdict: str, scale: float = 40.0) -> list[Row]:
    """Campaigns whose net sales are scale * cost ** 0.5, the latest the dearest."""
    costs = [100.0 * number for number in range(1, count + 1)]
    return [(channel, f"{channel}{c:.0f}", method, verdict, "CNY", c, scale * c**0.5) for c in costs]


@contextmanager
def open_marts(rows: list[Row], path: str = ":memory:") -> Iterator[duckdb.DuckDBPyConnection]:
    """Marts that hold these campaigns, an order with a known cost, half of it margin, and one without."""
    with duckdb.connect() as marts:
        marts.execute(
            f"""
            attach '{path}' as marts; use marts;
            create table campaigns (campaign_id varchar, start_date date);
            create table orders (net_sales_amount decimal(18, 2), margin_amount decimal(18, 2));
            create table campaign_roi (channel varchar, campaign_id varchar, method varchar, verdict varchar,
                currency varchar, cost_amount decimal(18, 2), attributed_net_sales_amount decimal(18, 2),
                incremental_net_sales_amount decimal(18, 2));
            insert into orders values (10, 5), (30, null)
            """
        )
        for *told, amount in rows:
            amounts = (amount, None) if told[3] == "allocated only" else (None, amount)
            marts.execute("insert into campaign_roi values (?, ?, ?, ?, ?, ?, ?, ?)", [*told, *amounts])
        marts.execute(
            "insert into campaigns select campaign_id, date '2026-01-01' + cast(min(cost_amount) as int) "
            "from campaign_roi group by campaign_id"
        )
        yield marts
