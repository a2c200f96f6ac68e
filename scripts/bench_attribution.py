"""How far attribution is from one join of touches and orders within their window, as a ratio inside one run.

    python scripts/bench_attribution.py --count 10000000

So many touches and as many orders of a year lie in a warehouse file, as the models store them: twelve of each to a
member, campaigns of two months that touch their people on any day. The join is DuckDB's own, of both tables on the
member and within the window, with the columns that attribution keeps, into a table. Attribution is the models as dbt
compiles them: the paths to orders, and from them a table of the credit, net sales and margin that each touch has of
its order by all methods that are rules (first, last, linear, position-based, time-decay). The mart is a view that
turns its columns into rows; what it costs to write these rows out, as publication does, stands beside it. CPU seconds
and peak memory are those of a process of its own each.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
from pathlib import Path

import duckdb

from loopmart.settings import Settings
from loopmart.transform.dbt import compile_models
from measuring import measure

PATHS = "int_attribution_paths__placed"
CLAIMS = "int_order_claims__placed"
CREDITS = "int_order_credits__assigned"
MART = "order_attributions"
JOIN = """
    create table joined as
    select
        orders.order_id, touches.touch_id, touches.campaign_id, orders.business_date, touches.touched_date,
        orders.net_sales_amount, orders.margin_amount
    from intermediate.int_orders__aggregated as orders
    inner join intermediate.int_touches__keyed as touches
        on
            orders.member_id = touches.member_id
            and orders.business_date >= touches.touched_date
            and orders.business_date <= touches.end_date
"""
TOTALS = f"""
    create table totals as
    select
        campaign_id, method, sum(credit) as credit, sum(attributed_net_sales_amount) as net_sales_amount,
        sum(attributed_margin_amount) as margin_amount
    from marts.{MART} group by campaign_id, method
"""


def main() -> None:
    """Make both tables, join and attribute them, print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000_000, help="touches, and orders (default: %(default)s)")
    parser.add_argument("--memory", default="4GiB", help="what the engine may use (default: %(default)s)")
    parser.add_argument("--work", type=Path, help="folder for the files (default: a temporary one)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        home = Path(folder)
        os.environ["LOOPMART_HOME"] = str(home)
        models = compile_models(Settings.load(), (PATHS, CLAIMS, CREDITS, MART))

        def run(*statements: str) -> None:
            with open_warehouse(home, arguments.memory) as session:
                for statement in statements:
                    session.execute(statement)

        measure("make both tables", lambda: run(*make_tables(arguments.count)))
        joined = measure("window join", lambda: run(JOIN))
        paths = measure("paths", lambda: run(f"create table intermediate.{PATHS} as {models[PATHS]}"))
        run(f"create view intermediate.{CLAIMS} as {models[CLAIMS]}")
        shares = measure("shares", lambda: run(f"create table intermediate.{CREDITS} as {models[CREDITS]}"))
        run(f"create view marts.{MART} as {models[MART]}")
        measure("campaigns by method", lambda: run(TOTALS))
        written = measure("rows of the mart, written out", lambda: run(f"create table {MART} as from marts.{MART}"))
        measure("look at it", lambda: show_totals(home, arguments.memory))
        print(f"attribution / window join: {(paths + shares) / joined:.2f} of the CPU time")
        print(f"with every share written out as a row: {(paths + shares + written) / joined:.2f}")


def make_tables(count: int) -> tuple[str, ...]:
    """The statements that make them; luck is a hash, so that they are the same at each run."""
    members = max(1, count // 12)
    return (
        "create schema intermediate",
        "create schema marts",
        f"""
        create table intermediate.int_orders__aggregated as
        select
            printf('S%05d-2026%010d', (hash(range, 1) % 2000)::int, range) as order_id,
            'M' || left(md5((hash(range, 2) % {members})::varchar), 20) as member_id,
            timestamp '2026-01-01' + to_seconds((hash(range, 3) % 31500000)::bigint) as ordered_at,
            ordered_at::date as business_date,
            ((100 + hash(range, 4) % 20000) * 0.01)::decimal(18, 2) as net_sales_amount,
            ((10 + hash(range, 5) % 5000) * 0.01)::decimal(18, 2) as margin_amount,
            true as is_purchase,
            null::varchar as refunded_order_id
        from range({count})
        """,
        f"""
        create table intermediate.int_touches__keyed as
        select
            'T-sms-' || left(md5(range::varchar), 20) as touch_id,
            (hash(range, 6) % 300)::varchar as campaign_id,
            'M' || left(md5((hash(range, 7) % {members})::varchar), 20) as member_id,
            'sms' as channel,
            'sms' as kind,
            'delivered' as status,
            timestamp '2026-01-01' + to_seconds((hash(range, 8) % 31500000)::bigint) as touched_at,
            touched_at::date as touched_date,
            touched_date + (hash(range, 9) % 60)::int as end_date
        from range({count})
        """,
        """
        create table intermediate.int_redemptions__matched (
            order_id varchar, campaign_id varchar, redemption_id varchar
        )
        """,
        """
        create table intermediate.int_attribution_learnt_spans__placed (
            order_id varchar, touch_id varchar, shapley_from bigint, shapley_to bigint, shapley_total bigint,
            markov_from bigint, markov_to bigint, markov_total bigint
        )
        """,
    )


def show_totals(home: Path, memory: str) -> None:
    """How many touches stand before orders, and that every method shares out the same."""
    with open_warehouse(home, memory) as session:
        (pairs, orders) = session.execute(
            f"select count(*), count(distinct order_id) from intermediate.{PATHS}"
        ).fetchall()[0]
        print(f"    {pairs:,} touches before {orders:,} orders")
        for method, *totals in session.execute(
            "select method, sum(credit), sum(net_sales_amount) from totals group by method order by method"
        ).fetchall():
            print(f"    {method}: {totals[0]:,} orders, {totals[1]:,}")


def open_warehouse(home: Path, memory: str) -> duckdb.DuckDBPyConnection:
    """The file of the warehouse; what is written lies in its place when it is closed."""
    config = {"storage_compatibility_version": "v1.5.0", "memory_limit": memory}
    return duckdb.connect(str(home / "loopmart.duckdb"), config=config)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
