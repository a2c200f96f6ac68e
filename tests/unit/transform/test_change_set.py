from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import duckdb

from loopmart.ledger.store import Ledger
from loopmart.settings import Settings
from loopmart.transform.change_set import finish_change_set, is_open, open_warehouse, prepare_change_set

DAY = {n: date(2026, 1, n) for n in range(1, 10)}


def start_world(settings: Settings, orders: list[tuple[str, str, int, str]], changed: list[int]) -> Ledger:
    """A warehouse that holds orders (id, member, day, time) and a ledger in which files of some days changed."""
    for folder in (settings.manifest_dir, settings.bronze_dir / "pos_order_lines" / "batch=schema"):
        folder.mkdir(parents=True)
    duckdb.sql("select null::varchar as batch_id, null::varchar as file_id limit 0").write_parquet(
        str(settings.manifest_dir / "active_files.parquet")
    )
    duckdb.sql(
        "select null::varchar as store_id, null::varchar as order_id_source, null::timestamp as ordered_at, "
        "null::date as business_date, null::varchar as card_token, null::varchar as _file_id limit 0"
    ).write_parquet(str(settings.bronze_dir / "pos_order_lines" / "batch=schema" / "empty.parquet"))
    settings.warehouse_path.parent.mkdir(parents=True)
    with open_warehouse(settings) as warehouse:
        warehouse.execute("create schema intermediate")
        warehouse.execute(
            "create table intermediate.int_orders__aggregated "
            "(order_id varchar, member_id varchar, business_date date, ordered_at timestamp)"
        )
        for order_id, member, day, time in orders:
            warehouse.execute(
                "insert into intermediate.int_orders__aggregated values (?, ?, ?, ?)",
                [order_id, member, DAY[day], datetime.fromisoformat(time)],
            )
    ledger = Ledger(settings.ledger_url)
    ledger.record_arrivals(
        [
            {
                "path": f"S1/{day}.csv", "sender_id": "S1", "stat": "", "size_bytes": 1,
                "modified_at": datetime(2026, 1, 1), "bytes_sha256": str(day), "file_id": str(day),
                "status": "pending", "contracts_hash": "", "feed": "pos_order_lines", "source": "till",
            }
            for day in changed
        ]
    )  # fmt: skip
    pending = ledger.pending_files("pos_order_lines")
    verdict = {"status": "revoked", "period_start": None, "period_end": None, "sender_id": "S1", "source": "till"}
    ledger.commit_batch(
        [{**verdict, "arrival_id": f["arrival_id"], "file_id": f["file_id"]} for f in pending],
        [{"file_id": str(day), "business_date": DAY[day], "row_count": 1, "amount": None} for day in changed],
    )
    return ledger


def affected(settings: Settings, ledger: Ledger) -> set[int]:
    prepare_change_set(settings, ledger, full_refresh=False, from_date=None, to_date=None)
    with open_warehouse(settings) as warehouse:
        return {d.day for (d,) in warehouse.execute("select business_date from ops.affected_dates").fetchall()}


def test_losing_a_first_order_affects_the_date_of_the_next(settings: Settings) -> None:
    orders = [
        ("A", "M1", 1, "2026-01-01 10:00"),
        ("B", "M1", 4, "2026-01-04 10:00"),
        ("C", "M2", 6, "2026-01-06 10:00"),
    ]
    assert affected(settings, start_world(settings, orders, [1])) == {1, 4}


def test_losing_a_later_order_affects_its_own_date_alone(settings: Settings) -> None:
    orders = [("A", "M1", 1, "2026-01-01 10:00"), ("B", "M1", 4, "2026-01-04 10:00")]
    assert affected(settings, start_world(settings, orders, [4])) == {4}


def test_the_first_order_goes_by_the_moment_not_by_the_local_day(settings: Settings) -> None:
    orders = [("A", "M1", 2, "2026-01-01 22:00"), ("B", "M1", 1, "2026-01-01 23:00")]
    assert affected(settings, start_world(settings, orders, [2])) == {1, 2}


def test_dates_of_a_build_that_did_not_finish_stay(settings: Settings, tmp_path: Path) -> None:
    orders = [("A", "M1", 1, "2026-01-01 10:00"), ("B", "M1", 4, "2026-01-04 10:00")]
    ledger = start_world(settings, orders, [1])
    assert affected(settings, ledger) == {1, 4}
    with open_warehouse(settings) as warehouse:
        warehouse.execute("delete from intermediate.int_orders__aggregated where order_id = 'A'")
        assert is_open(warehouse)
    assert affected(settings, ledger) == {1, 4}
    finish_change_set(settings)
    assert affected(settings, ledger) == set()
