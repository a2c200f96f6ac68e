from __future__ import annotations

from datetime import date, datetime

import duckdb

from loopmart.ledger.store import Ledger
from loopmart.settings import Settings
from loopmart.transform.change_set import finish_change_set, is_open, open_warehouse, prepare_change_set

DAY = {n: date(2026, 1, n) for n in range(1, 10)}


def start_world(settings: Settings, changed: list[int]) -> Ledger:
    """A warehouse that was built once, and a ledger in which files of some days changed."""
    settings.manifest_dir.mkdir(parents=True)
    duckdb.sql("select null::varchar as batch_id, null::varchar as file_id limit 0").write_parquet(
        str(settings.manifest_dir / "active_files.parquet")
    )
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    with open_warehouse(settings) as warehouse:
        warehouse.execute("create schema intermediate")
        warehouse.execute("create table intermediate.int_orders__aggregated (business_date date)")
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


def test_dates_of_files_that_changed_are_affected(settings: Settings) -> None:
    assert affected(settings, start_world(settings, [1, 4])) == {1, 4}


def test_dates_of_a_build_that_did_not_finish_stay(settings: Settings) -> None:
    ledger = start_world(settings, [1])
    assert affected(settings, ledger) == {1}
    with open_warehouse(settings) as warehouse:
        assert is_open(warehouse)
    assert affected(settings, ledger) == {1}
    finish_change_set(settings)
    assert affected(settings, ledger) == set()
