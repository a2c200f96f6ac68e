"""What the gates of the warehouse compare it with: the manifest of the lake, and the version now published."""

from __future__ import annotations

from pathlib import Path

import duckdb

from loopmart.errors import LoopmartError
from loopmart.settings import Settings

MANIFESTS = ("active_files", "stores", "expected_files")


def read_built_through(settings: Settings) -> int:
    """Change number of the ledger that the last finished build has seen; 0 where there is none."""
    if not settings.warehouse_path.exists():
        return 0
    with duckdb.connect(settings.warehouse_path, read_only=True) as warehouse:
        known = warehouse.execute(
            "select 1 from duckdb_tables() where schema_name = 'ops' and table_name = 'build_state'"
        ).fetchone()
        if known is None:
            return 0
        row = warehouse.execute("select max(built_through) from ops.build_state").fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def build_control_database(settings: Settings, path: Path) -> None:
    """Write a small DuckDB file that the suites know as `control`.

    Tables: active_files, stores and expected_files of the manifest that the build has taken in, and
    `published_counts(mart, row_count)` of the version that readers see, empty before the first publication.

    Raises:
        LoopmartError: nothing was built.
    """
    with duckdb.connect(path) as control:
        for name in MANIFESTS:
            manifest = settings.manifest_dir / "build" / f"{name}.parquet"
            if not manifest.exists():
                raise LoopmartError(f"{manifest} is missing. Run `loopmart build`, which freezes the manifest")
            control.execute(f"create table {name} as select * from read_parquet(?)", [str(manifest)])
        control.execute("create table published_counts (mart varchar, row_count bigint)")
        _count_published(control, settings.serving_dir / "marts.duckdb")


def require_warehouse(settings: Settings) -> None:
    """Make sure that something was built.

    Raises:
        LoopmartError: there is no warehouse.
    """
    if not settings.warehouse_path.exists():
        raise LoopmartError(f"{settings.warehouse_path} is missing. Run `loopmart build` before its gate")


def _count_published(control: duckdb.DuckDBPyConnection, published: Path) -> None:
    if not published.exists():
        return
    quoted = str(published.resolve()).replace("'", "''")
    control.execute(f"attach '{quoted}' as published (read_only)")
    marts = control.execute(
        "select table_name from duckdb_tables() where database_name = 'published' and schema_name = 'main'"
    ).fetchall()
    for (mart,) in marts:
        control.execute(f"insert into published_counts select '{mart}', count(*) from published.\"{mart}\"")
    control.execute("detach published")
