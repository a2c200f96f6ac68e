"""The ledger's tables: what became of every file, and what every run and gate found."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

MEMBER_MARK = "!/"
"""Stands in a path between a zip and its member."""
STATUSES = ("pending", "loaded", "duplicate", "superseded", "refused", "revoked", "ignored")
LINE_CLASSES = (
    "header_lines",
    "preamble_lines",
    "trailer_lines",
    "blank_lines",
    "continuation_lines",
    "filtered_rows",
    "loaded_rows",
    "quarantined_rows",
)
"""Every line of a file that was read falls into exactly one of these."""

_counts = [Column(name, BigInteger, nullable=False, default=0) for name in LINE_CLASSES]

file_ledger = Table(
    "file_ledger",
    metadata,
    Column("arrival_id", Integer, primary_key=True, autoincrement=True),
    Column("path", Text, nullable=False),
    Column("sender_id", String(64), nullable=False),
    Column("stat", String(80), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("modified_at", DateTime, nullable=False),
    Column("bytes_sha256", String(64), nullable=False),
    Column("file_id", String(32), nullable=False, index=True),
    Column("status", String(12), nullable=False),
    Column("reason", Text),
    Column("remedy", Text),
    Column("counterpart_file_id", String(32)),
    Column("feed", String(64)),
    Column("source", String(64)),
    Column("contracts_hash", String(64), nullable=False),
    Column("period_start", Date),
    Column("period_end", Date),
    Column("line_count", BigInteger, nullable=False, default=0),
    *_counts,
    Column("stripped_guards", BigInteger, nullable=False, default=0),
    Column("control_amount", Numeric(18, 2)),
    Column("quarantined_amount", Numeric(18, 2)),
    Column("batch_id", String(40)),
    Column("change_seq", BigInteger, nullable=False, default=0, index=True),
    Column("first_seen_at", DateTime, nullable=False),
    Column("loaded_at", DateTime),
    UniqueConstraint("path", "bytes_sha256"),
    CheckConstraint(
        f"line_count = {' + '.join(LINE_CLASSES)} or status in ('pending', 'refused', 'duplicate', 'ignored')"
    ),
    CheckConstraint(f"status in {STATUSES}"),
    Index("ix_file_ledger_feed_status", "feed", "status"),
)

file_dates = Table(
    "file_dates",
    metadata,
    Column("file_id", String(32), primary_key=True),
    Column("business_date", Date, primary_key=True),
    Column("row_count", BigInteger, nullable=False),
    Column("amount", Numeric(18, 2)),
)

installation = Table(
    "installation",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

gate_results = Table(
    "gate_results",
    metadata,
    Column("result_id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(40), nullable=False),
    Column("gate", String(16), nullable=False),
    Column("suite", String(128), nullable=False),
    Column("rule", Text, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("success", Boolean, nullable=False),
    Column("observed", Text),
    Column("unexpected_count", BigInteger),
    Column("unexpected_rows", Text),
    Column("checked_at", DateTime, nullable=False),
)

pipeline_runs = Table(
    "pipeline_runs",
    metadata,
    Column("run_id", String(40), primary_key=True),
    Column("stage", String(32), nullable=False),
    Column("status", String(12), nullable=False),
    Column("params", Text),
    Column("counts", Text),
    Column("error", Text),
    Column("change_seq", BigInteger),
    Column("started_at", DateTime, nullable=False),
    Column("finished_at", DateTime),
)
