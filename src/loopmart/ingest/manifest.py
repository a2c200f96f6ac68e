"""The manifest: the ledger's answer to "what counts?", as Parquet that any engine reads.

It is derived, so it is written anew whenever a run begins or commits; a kill in between costs nothing.
"""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from loopmart.contracts.catalogue import Catalogue
from loopmart.contracts.feeds import Feed
from loopmart.contracts.rates import FeeRate
from loopmart.contracts.senders import Sender
from loopmart.durable import replace_file
from loopmart.ingest.batch import QUARANTINE_COLUMNS
from loopmart.ingest.expected import SALES_FEEDS, expect_files
from loopmart.ledger.store import Ledger
from loopmart.settings import Settings

MONEY = pa.decimal128(18, 2)
ACTIVE_FILES = pa.schema(
    {
        "file_id": pa.string(),
        "batch_id": pa.string(),
        "feed": pa.string(),
        "source": pa.string(),
        "sender_id": pa.string(),
        "path": pa.string(),
        "period_start": pa.date32(),
        "period_end": pa.date32(),
        "line_count": pa.int64(),
        "loaded_rows": pa.int64(),
        "quarantined_rows": pa.int64(),
        "control_amount": MONEY,
        "quarantined_amount": MONEY,
        "change_seq": pa.int64(),
    }
)
STORES = pa.schema(
    {
        "store_id": pa.string(),
        "store_name": pa.string(),
        "time_zone": pa.string(),
        "currency": pa.string(),
        "sales_source": pa.string(),
        "sales_period": pa.string(),
        "since": pa.date32(),
        "until": pa.date32(),
    }
)
FEE_RATES = pa.schema(
    {
        "store_id": pa.string(),
        "payment_channel": pa.string(),
        "fee_rate": pa.decimal128(9, 6),
        "valid_from": pa.date32(),
    }
)
STORE_HIERARCHY = pa.schema(
    {
        "store_id": pa.string(),
        "department": pa.string(),
        "tenant": pa.string(),
        "mall": pa.string(),
        "valid_from": pa.date32(),
        "valid_to": pa.date32(),
    }
)
EXPECTED_FILES = pa.schema(
    {
        "store_id": pa.string(),
        "source": pa.string(),
        "period_start": pa.date32(),
        "period_end": pa.date32(),
        "status": pa.string(),
        "file_id": pa.string(),
        "is_sales": pa.bool_(),
    }
)


def export_manifest(settings: Settings, catalogue: Catalogue, ledger: Ledger) -> None:
    """Write what counts, what stores.csv and its neighbour say, what is expected, and the files that pin schemas."""
    active = ledger.files(["loaded"])
    stores = [s for s in catalogue.senders.values() if s.kind == "store"]
    settings.manifest_dir.mkdir(parents=True, exist_ok=True)
    _write(settings.manifest_dir, "active_files", ACTIVE_FILES, active)
    _write(settings.manifest_dir, "stores", STORES, [_describe_store(s, catalogue) for s in stores])
    rates = [_describe_rate(s, rate) for s in catalogue.senders.values() for rate in s.fee_rates]
    _write(settings.manifest_dir, "fee_rates", FEE_RATES, rates)
    _write(settings.manifest_dir, "store_hierarchy", STORE_HIERARCHY, [p.model_dump() for p in catalogue.places])
    _write(settings.manifest_dir, "expected_files", EXPECTED_FILES, list(expect_files(catalogue, active)))
    pin_schemas(settings, catalogue.feeds)


def pin_schemas(settings: Settings, feeds: dict[str, Feed]) -> None:
    """Put an empty Parquet file of the pinned types into each feed's folder, so that a reader always finds one."""
    for feed in feeds.values():
        bronze = {f.name: f.physicalType for f in feed.fields}
        bronze |= {"sender_id": "varchar", "_file_id": "varchar", "_line": "bigint"}
        for root, columns in ((settings.bronze_dir, bronze), (settings.quarantine_dir, QUARANTINE_COLUMNS)):
            folder = root / feed.name / "batch=schema"
            folder.mkdir(parents=True, exist_ok=True)
            content = _empty_parquet(", ".join(f"null::{kind} as {name}" for name, kind in columns.items()))
            target = folder / "empty.parquet"
            if not target.exists() or target.read_bytes() != content:
                aside = folder.parent / f".schema-{os.getpid()}.parquet"
                aside.write_bytes(content)
                replace_file(aside, target)


@cache
def _empty_parquet(columns: str) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        duckdb.sql(f"select {columns} limit 0").write_parquet(file.name)
        return Path(file.name).read_bytes()


def _write(folder: Path, name: str, schema: pa.Schema, rows: list[dict[str, Any]]) -> None:
    aside = folder / f".{name}-{os.getpid()}.parquet"
    table = pa.Table.from_pylist([{c: row[c] for c in schema.names} for row in rows], schema=schema)
    pq.write_table(table, aside)
    replace_file(aside, folder / f"{name}.parquet")


def _describe_store(sender: Sender, catalogue: Catalogue) -> dict[str, Any]:
    sales = next((due for due in sender.dues if catalogue.sources[due.source].feed in SALES_FEEDS), None)
    return {
        "store_id": sender.sender_id,
        "store_name": sender.sender_name,
        "time_zone": sender.time_zone,
        "currency": sender.currency,
        "sales_source": sales and sales.source,
        "sales_period": sales and sales.period,
        "since": sender.since,
        "until": sender.until,
    }


def _describe_rate(sender: Sender, rate: FeeRate) -> dict[str, Any]:
    return {
        "store_id": sender.sender_id if sender.kind == "store" else None,
        "payment_channel": rate.channel,
        "fee_rate": rate.rate,
        "valid_from": rate.since,
    }
