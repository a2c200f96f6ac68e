"""The `ops` schema that goes out beside the marts: files, quarantine, calendar, gates and runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Integer, Numeric, Table

from loopmart.contracts.catalogue import load_catalogue
from loopmart.ingest.arrivals import Entry, list_entries
from loopmart.ingest.periods import write_spans
from loopmart.ledger.store import Ledger
from loopmart.ledger.tables import file_ledger, gate_results, pipeline_runs
from loopmart.settings import Settings

INTERNAL_COLUMNS = {"stat", "contracts_hash"}
ARRIVAL_CALENDAR = pa.schema(
    {
        "store_id": pa.string(),
        "source": pa.string(),
        "period_start": pa.date32(),
        "period_end": pa.date32(),
        "status": pa.string(),
        "file_id": pa.string(),
        "sender_id": pa.string(),
        "sender_name": pa.string(),
        "time_zone": pa.string(),
        "due_at": pa.timestamp("us"),
        "arrived_at": pa.timestamp("us"),
        "is_late": pa.bool_(),
        "missing_days": pa.string(),
    }
)


def write_ops(
    settings: Settings,
    ledger: Ledger,
    engine: duckdb.DuckDBPyConnection,
    *,
    version: str,
    through: int,
    now: datetime,
) -> None:
    """Write the tables of schema `ops` and `ops.publication`, one row that says what this version is.

    Args:
        version: folder of the version.
        through: the ledger's change up to which the marts were built.
        now: the moment of publication, UTC without a zone, by which the calendar says what is late or not due.
    """
    files = ledger.files()
    _write_table(engine, file_ledger, files)
    _write_table(engine, gate_results, ledger.gate_results())
    _write_table(engine, pipeline_runs, ledger.runs())
    entries = list_entries(load_catalogue(settings), files, now)
    _write(engine, "arrival_calendar", ARRIVAL_CALENDAR, [_describe_entry(entry) for entry in entries])
    manifest = settings.manifest_dir / "build"
    parts = f"{settings.quarantine_dir}/*/batch=*/*.parquet"
    engine.execute(
        f"""
        create table ops.quarantined_rows as
        select q._file_id as file_id, f.path, q._line as line, q.column_name, q.value, q.rule, q.reason,
            q.remedy, q.amount, f.feed, q.sender_id
        from read_parquet('{parts}', hive_partitioning = true, hive_types = {{'batch': varchar}}) q
        join read_parquet('{manifest / "active_files.parquet"}') f on f.batch_id = q.batch and f.file_id = q._file_id
        order by f.path, q._line
        """
    )
    engine.execute(
        f"""
        create table ops.publication as
        select '{version}' as version, timestamp '{now:%Y-%m-%d %H:%M:%S}' as published_at,
            {through}::bigint as ledger_change,
            (select max(business_date) from main.orders) as as_of_date,
            (select mode(currency) from main.orders) as currency
        """
    )


def _describe_entry(entry: Entry) -> dict[str, Any]:
    return {
        "store_id": entry.sender.sender_id if entry.sender.kind == "store" else None,
        "source": entry.source,
        "period_start": entry.period_start,
        "period_end": entry.period_end,
        "status": entry.status,
        "file_id": entry.file_id,
        "sender_id": entry.sender.sender_id,
        "sender_name": entry.sender.sender_name,
        "time_zone": entry.sender.time_zone,
        "due_at": entry.due_at,
        "arrived_at": entry.arrived_at,
        "is_late": entry.is_late,
        "missing_days": write_spans(entry.missing_days) or None,
    }


def _write_table(engine: duckdb.DuckDBPyConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    columns = [c for c in table.columns if c.name not in INTERNAL_COLUMNS]
    _write(engine, table.name, pa.schema([(c.name, _arrow_type(c.type)) for c in columns]), rows)


def _write(engine: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema, rows: Sequence[dict[str, Any]]) -> None:
    content = pa.Table.from_pylist([{c: row[c] for c in schema.names} for row in rows], schema=schema)
    engine.register("content", content)
    engine.execute(f"create table ops.{name} as from content")
    engine.unregister("content")


def _arrow_type(kind: Any) -> pa.DataType:
    match kind:
        case Integer() | BigInteger():
            return pa.int64()
        case Boolean():
            return pa.bool_()
        case DateTime():
            return pa.timestamp("us")
        case Date():
            return pa.date32()
        case Numeric():
            return pa.decimal128(18, 2)
    return pa.string()
