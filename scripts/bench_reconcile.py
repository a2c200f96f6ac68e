"""How far the match of tills and bills is from a hash join of the same two tables, as a ratio inside one run.

    python scripts/bench_reconcile.py --receipts 10000000

So many tenders and as many entries of bills lie in a warehouse file, as the models of keyed tenders and payments store
them: orders of some thousand stores over a year, a hundredth of which is a break, has no number, is paid in parts or
stands twice. The join is DuckDB's own, of both tables on store and order number, with the columns that the match
keeps, into a table. The match is the models as dbt compiles them, up to one row per pair or lone side; the classes are
the mart with its fees, classes and ages. CPU seconds and peak memory are those of a process of its own each.
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

MATCH = (
    "int_payment_numbers__repeated",
    "int_payment_numbers__matched",
    "int_unmatched_payments__listed",
    "int_unmatched_payments__numbered",
    "int_combined_payments__split",
    "int_bill_numbers__shared",
    "int_unmatched_payments__paired",
    "int_payment_candidates__listed",
    "int_unmatched_payments__assigned",
)
CLASSES = (
    "int_fee_rates__assigned",
    "int_coupon_conflicts__found",
    "int_payment_matches__assigned",
    "int_payment_matches__classified",
)
MART = "payment_reconciliation"
VIEWS = CLASSES[2:]
KEPT = """
    tenders.tender_id, entries.payment_id, tenders.store_id, tenders.payment_channel, tenders.kind, tenders.currency,
    tenders.order_id, tenders.amount, tenders.business_date as pos_date, entries.business_date as bill_date,
    entries.paid_at, tenders.paid_at as pos_paid_at, entries.fee_amount, tenders.source_file_id as pos_file_id,
    tenders.source_line as pos_line, entries.source_file_id as bill_file_id, entries.source_line as bill_line
"""


def main() -> None:
    """Make both sides, join and match them, print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--receipts", type=int, default=10_000_000, help="how many (default: %(default)s)")
    parser.add_argument("--work", type=Path, help="folder for the files (default: a temporary one)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        home = Path(folder)
        os.environ["LOOPMART_HOME"] = str(home)
        statements = compile_models(Settings.load(), (*MATCH, *CLASSES, MART))
        measure("make both sides", lambda: make_sides(home, arguments.receipts))
        joined = measure("hash join", lambda: run_join(home))
        matched = measure("match", lambda: run_models(home, statements, MATCH))
        classed = measure("classes", lambda: run_models(home, statements, (*CLASSES, MART)))
        measure("look at it", lambda: show_classes(home))
        print(f"match / hash join: {matched / joined:.2f} of the CPU time")
        print(f"match and classes / hash join: {(matched + classed) / joined:.2f}")


def make_sides(home: Path, count: int) -> None:
    """Tenders and entries; luck is a number from 0 to 9,999 by which a hundredth of the receipts is unusual."""
    with open_warehouse(home) as session:
        session.execute(
            f"""
            create schema intermediate;
            create schema staging;
            create schema marts;
            create table receipts as
            select
                range as n,
                'S' || lpad((hash(range, 1) % 2000)::varchar, 5, '0') as store_id,
                lpad(range::varchar, 14, '2026') as number,
                if(hash(range, 2) % 10 < 7, 'wechat', 'alipay') as payment_channel,
                ((100 + hash(range, 3) % 20000) * 0.01)::decimal(18, 2) as amount,
                timestamp '2026-01-01' + to_seconds((hash(range, 4) % 31500000)::bigint) as paid_at,
                (hash(range, 5) % 10000)::int as luck
            from range({count});
            create table intermediate.int_tenders__keyed as
            select
                store_id || '-' || number || '-1' as tender_id,
                store_id || '-' || number as order_id,
                store_id,
                number as order_id_source,
                'payment' as kind,
                payment_channel,
                amount,
                'CNY' as currency,
                paid_at,
                paid_at::date as business_date,
                null::varchar as payment_id_source,
                true as is_billed,
                md5('t' || n // 50000) as source_file_id,
                n % 50000 as source_line
            from receipts where luck >= 20;
            create table intermediate.int_payments__keyed as
            select
                payment_channel || '-payment-4200' || lpad(n::varchar, 24, '0') || part as payment_id,
                store_id || '-' || number as order_id,
                if(luck between 40 and 59, null, number) as order_id_source,
                store_id,
                payment_channel,
                '4200' || lpad(n::varchar, 24, '0') || part as payment_id_source,
                paid_at + to_seconds((hash(n, 6) % 180)::bigint) as paid_at,
                (paid_at + to_seconds((hash(n, 6) % 180)::bigint))::date as business_date,
                'payment' as kind,
                (if(luck between 60 and 69, amount + 1, amount) / parts)::decimal(18, 2) as amount,
                0.00::decimal(18, 2) as merchant_discount_amount,
                0.00::decimal(18, 2) as platform_discount_amount,
                round(amount * 0.006::decimal(9, 6), 2)::decimal(18, 2) as fee_amount,
                'CNY' as currency,
                'bill' as origin,
                md5('b' || n // 50000) as source_file_id,
                n % 50000 as source_line
            from (select *, if(luck between 70 and 79, 2, 1) as parts from receipts),
                (select unnest([1, 2]) as part)
            where not luck between 20 and 39 and part <= if(luck between 80 and 99, 2, parts);
            create table staging.stg_lake__fee_rates as
            select null::varchar as store_id, unnest(['wechat', 'alipay']) as payment_channel,
                0.006::decimal(9, 6) as fee_rate, null::date as valid_from;
            create table staging.stg_bronze__voucher_redemptions (
                issuer varchar, payment_id_source varchar, reported_by varchar, face_amount decimal(18, 2)
            );
            create table intermediate.int_reconciliation_decisions__ranked (
                reconciliation_id varchar, decision varchar, decision_rank int
            );
            drop table receipts;
            """
        )


def run_join(home: Path) -> None:
    """What nobody can do without: both tables on store and order number, into a table."""
    with open_warehouse(home) as session:
        session.execute(
            f"""
            create table joined as
            select {KEPT}
            from intermediate.int_tenders__keyed as tenders
            inner join intermediate.int_payments__keyed as entries
                on tenders.store_id = entries.store_id and tenders.order_id_source = entries.order_id_source
            """
        )


def run_models(home: Path, statements: dict[str, str], models: tuple[str, ...]) -> None:
    """Build the models in this order."""
    with open_warehouse(home) as session:
        for model in models:
            kind = "view" if model in VIEWS else "table"
            schema = "marts" if model == MART else "intermediate"
            session.execute(f"create {kind} {schema}.{model} as {statements[model]}")


def show_classes(home: Path) -> None:
    """How many rows of each class there are."""
    with open_warehouse(home) as session:
        rows = session.execute(f"select class, count(*) from marts.{MART} group by class order by class").fetchall()
        print("    " + ", ".join(f"{name} {count:,}" for name, count in rows))


def open_warehouse(home: Path) -> duckdb.DuckDBPyConnection:
    """The file of the warehouse; what is written lies in its place when it is closed."""
    return duckdb.connect(str(home / "loopmart.duckdb"), config={"storage_compatibility_version": "v1.5.0"})


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
