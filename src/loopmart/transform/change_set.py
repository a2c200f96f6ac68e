"""The change set of a build: which business dates it has to replace, and nothing more."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from datetime import date

import duckdb

from loopmart.durable import replace_file
from loopmart.ledger.store import Ledger
from loopmart.settings import Settings

log = logging.getLogger(__name__)

ORDERS = "intermediate.int_orders__aggregated"


@dataclass(frozen=True)
class ChangeSet:
    """What a build has to do.

    Attributes:
        affected_dates: how many dates are replaced.
        is_full: everything is built anew (the first build, or on request).
        through: the ledger's change up to which the build will have taken everything in.
    """

    affected_dates: int
    is_full: bool
    through: int


def prepare_change_set(
    settings: Settings, ledger: Ledger, *, full_refresh: bool, from_date: date | None, to_date: date | None
) -> ChangeSet:
    """Freeze the manifest for this build and write `ops.affected_dates`.

    A date is affected when a file with rows of that date was loaded, superseded, revoked or restored since the
    last finished build, or when it lies in [from_date, to_date]. Dates of a build that did not finish stay in the set
    until one does. Models whose rows also depend on records of other dates (who a member is, which order is the
    first) find further dates by comparing what they hold with what they should.
    """
    through = ledger.last_change()
    _freeze_manifest(settings)
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    with open_warehouse(settings) as warehouse:
        warehouse.execute("set timezone = 'UTC'")
        _create_state(warehouse)
        is_full = full_refresh or not _exists(warehouse, ORDERS)
        dates = ledger.changed_dates(after=built_through(warehouse))
        if is_full:
            dates |= ledger.changed_dates(after=0)
        elif from_date or to_date:
            low, high = from_date or date.min, to_date or date.max
            dates |= {d for d in ledger.changed_dates(after=0) if low <= d <= high}
        warehouse.executemany(
            "insert or ignore into ops.affected_dates values (?)",
            [[d] for d in sorted(dates)] or [[date.min]],
        )
        warehouse.execute("delete from ops.affected_dates where business_date = ?", [date.min])
        warehouse.execute("update ops.build_state set building_through = ?, is_open = true", [through])
        (count,) = warehouse.execute("select count(*) from ops.affected_dates").fetchone() or (0,)
    log.info("build: %s", "everything anew" if is_full else f"{count} business dates to replace")
    return ChangeSet(int(count), is_full, through)


def finish_change_set(settings: Settings) -> int:
    """Mark the change set as built; returns the change up to which the warehouse has taken everything in."""
    with open_warehouse(settings) as warehouse:
        warehouse.execute("begin")
        warehouse.execute("update ops.build_state set built_through = building_through, is_open = false")
        warehouse.execute("delete from ops.affected_dates")
        warehouse.execute("commit")
        return built_through(warehouse)


def open_warehouse(settings: Settings) -> duckdb.DuckDBPyConnection:
    """The warehouse for writing; the storage version is that of dbt's profile, whoever creates the file."""
    return duckdb.connect(str(settings.warehouse_path), config={"storage_compatibility_version": "v1.5.0"})


def built_through(warehouse: duckdb.DuckDBPyConnection) -> int:
    """The ledger's change up to which the last finished build went; 0 before the first."""
    row = warehouse.execute("select built_through from ops.build_state").fetchone()
    return int(row[0]) if row else 0


def is_open(warehouse: duckdb.DuckDBPyConnection) -> bool:
    """Whether a build has begun and not passed its last gate."""
    row = warehouse.execute("select is_open from ops.build_state").fetchone()
    return row is None or bool(row[0])


def _create_state(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("create schema if not exists ops")
    warehouse.execute("create table if not exists ops.affected_dates (business_date date primary key)")
    warehouse.execute(
        "create table if not exists ops.build_state (built_through bigint, building_through bigint, is_open boolean)"
    )
    warehouse.execute("insert into ops.build_state select 0, 0, true where not exists (from ops.build_state)")


def _exists(warehouse: duckdb.DuckDBPyConnection, relation: str) -> bool:
    schema, _, name = relation.partition(".")
    query = "select 1 from information_schema.tables where table_schema = ? and table_name = ?"
    return warehouse.execute(query, [schema, name]).fetchone() is not None


def _freeze_manifest(settings: Settings) -> None:
    """Copy the manifest aside, so that files that arrive during the build wait for the next one."""
    frozen = settings.manifest_dir / "build"
    frozen.mkdir(parents=True, exist_ok=True)
    for path in settings.manifest_dir.glob("*.parquet"):
        aside = frozen / f".{path.name}"
        shutil.copyfile(path, aside)
        replace_file(aside, frozen / path.name)
