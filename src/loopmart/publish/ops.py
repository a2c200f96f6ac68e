"""The `ops` schema that goes out beside the marts: files, quarantine, calendar, gates and runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Integer, Numeric, Table

from loopmart.ledger.store import Ledger, utc_now
from loopmart.ledger.tables import file_ledger, gate_results, pipeline_runs
from loopmart.settings import Settings

INTERNAL_COLUMNS = {"stat", "contracts_hash"}


def write_ops(
    settings: Settings, ledger: Ledger, engine: duckdb.DuckDBPyConnection, version: str, through: int
) -> None:
    """Write the tables of schema `ops` and `ops.publication`, one row that says what this version is."""
    _write(engine, file_ledger, ledger.files())
    _write(engine, gate_results, ledger.gate_results())
    _write(engine, pipeline_runs, ledger.runs())
    manifest = settings.manifest_dir / "build"
    engine.execute(
        f"""
        create table ops.arrival_calendar as
        from read_parquet('{manifest / "expected_files.parquet"}') order by store_id, period_start
        """
    )
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
        select '{version}' as version, timestamp '{utc_now():%Y-%m-%d %H:%M:%S}' as published_at,
            {through}::bigint as ledger_change,
            (select max(business_date) from main.orders) as as_of_date,
            (select mode(currency) from main.orders) as currency
        """
    )


def _write(engine: duckdb.DuckDBPyConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    columns = [c for c in table.columns if c.name not in INTERNAL_COLUMNS]
    schema = pa.schema([(c.name, _arrow_type(c.type)) for c in columns])
    content = pa.Table.from_pylist([{c.name: row[c.name] for c in columns} for row in rows], schema=schema)
    engine.register("content", content)
    engine.execute(f"create table ops.{table.name} as from content")
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
