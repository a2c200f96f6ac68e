"""Read what the page says out of the published file: one SQL file, one list of rows.

`queries/base/<n>_<name>.sql` become temporary tables, in that order; `queries/<name>.sql` become facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from loopmart.errors import LoopmartError

Row = Mapping[str, Any]
Facts = Mapping[str, Sequence[Row]]

QUERIES = Path(__file__).parent / "queries"
CATALOGUE = "marts"
NEEDED_TABLES = {
    "main": (
        "campaign_roi",
        "campaigns",
        "channel_roi",
        "member_cohorts",
        "members",
        "orders",
        "store_daily_sales",
        "stores",
    ),
    "ops": (
        "arrival_calendar",
        "file_ledger",
        "gate_results",
        "pipeline_runs",
        "publication",
        "quarantined_rows",
    ),
}


class ReportError(LoopmartError):
    """The published file cannot be read as the page needs it."""


def read_facts(marts_path: Path) -> Facts:
    """Return every fact of the page as rows of column name to value; amounts stay decimals.

    The file is attached read-only as the catalogue `marts`, in whose main schema the marts stand.

    Raises:
        ReportError: the file is absent, or a table or column that the page needs is not in it.
    """
    if not marts_path.is_file():
        raise ReportError(f"{marts_path} is not there. Publish first: `loopmart publish`.")
    with duckdb.connect() as con:
        quoted = str(marts_path).replace("'", "''")
        con.execute(f"attach '{quoted}' as {CATALOGUE} (read_only)")
        con.execute(f"use {CATALOGUE}")
        con.execute("set timezone = 'UTC'")
        _require_tables(con, marts_path)
        try:
            for path in sorted((QUERIES / "base").glob("*.sql")):
                name = path.stem.partition("_")[2]
                con.execute(f"create temp table {name} as {path.read_text(encoding='utf-8')}")
            return {path.stem: _fetch(con, path) for path in sorted(QUERIES.glob("*.sql"))}
        except duckdb.BinderException as error:
            raise ReportError(f"{marts_path} lacks a column that the page needs. {error}") from error


def _require_tables(con: duckdb.DuckDBPyConnection, marts_path: Path) -> None:
    query = "select table_schema, table_name from information_schema.tables where table_catalog = ?"
    present = set(con.execute(query, [CATALOGUE]).fetchall())
    needed = {(schema, table) for schema, tables in NEEDED_TABLES.items() for table in tables}
    if missing := sorted(".".join(name) for name in needed - present):
        raise ReportError(f"{marts_path} has no {', '.join(missing)}. Publish it again.")


def _fetch(con: duckdb.DuckDBPyConnection, path: Path) -> list[dict[str, Any]]:
    cursor = con.execute(path.read_text(encoding="utf-8"))
    columns = [column[0] for column in cursor.description or []]
    return [dict(zip(columns, values, strict=True)) for values in cursor.fetchall()]
