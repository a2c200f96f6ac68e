"""What the landing gate looks at: the rows of files that no finished build has seen, and their accounts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from loopmart.errors import LoopmartError
from loopmart.gates.suites import Suite
from loopmart.settings import Settings

_PREFIX = "landing_"


def build_landing_database(settings: Settings, suites: Sequence[Suite], built_through: int, path: Path) -> None:
    """Write a small DuckDB file: a view `landing_<feed>` for each suite of a feed, and `file_accounting`.

    A view shows the bronze rows of files with change_seq > `built_through`. `file_accounting` has one row for
    each such file: what the ledger says of it (line_count, loaded_rows, quarantined_rows and the amounts of both)
    and what the Parquet files hold (`found_…`, first_currency, last_currency), with the currency of its sender
    and `has_suite`, false for a feed that no suite guards.

    Args:
        settings: where lake and manifest lie.
        suites: the suites of the gate.
        built_through: change number of the last finished build, 0 before the first.
        path: the file to write.

    Raises:
        LoopmartError: nothing was ingested yet, or the lake has no folder for a feed that a suite guards.
    """
    with duckdb.connect(path) as database:
        database.execute("set timezone = 'UTC'")
        _create_new_files(database, settings, built_through)
        feeds = {s.relation.removeprefix(_PREFIX): s for s in suites if s.relation.startswith(_PREFIX)}
        for feed in feeds:
            _create_feed_view(database, settings, feed)
        _create_recounts(database, settings, feeds)
        _create_accounting(database)


def _create_new_files(database: duckdb.DuckDBPyConnection, settings: Settings, built_through: int) -> None:
    manifest = settings.manifest_dir
    if not (manifest / "active_files.parquet").exists():
        raise LoopmartError(f"{manifest} holds no manifest. Run `loopmart ingest`, which exports it")
    database.execute(
        "create table new_files as select * from read_parquet(?) where change_seq > ?",
        [str(manifest / "active_files.parquet"), built_through],
    )
    database.execute(
        "create table stores as select store_id, currency from read_parquet(?)", [str(manifest / "stores.parquet")]
    )


def _create_feed_view(database: duckdb.DuckDBPyConnection, settings: Settings, feed: str) -> None:
    files = _list_parquet(database, settings.bronze_dir / feed, feed, with_schema=True)
    if not files:
        raise LoopmartError(
            f"{settings.bronze_dir / feed} holds no batch=schema, so the suite of {feed} has nothing to read. "
            "Run `loopmart ingest`, or drop the suite together with the feed's contract"
        )
    database.execute(
        f"""
        create view {_PREFIX}{feed} as
        select bronze.* exclude (batch)
        from {_read_parquet(files)} as bronze
        semi join new_files on new_files.feed = '{feed}'
            and new_files.batch_id = bronze.batch and new_files.file_id = bronze._file_id
        """
    )


def _create_recounts(database: duckdb.DuckDBPyConnection, settings: Settings, feeds: dict[str, Suite]) -> None:
    database.execute(
        "create table bronze_counts (feed varchar, _file_id varchar, found_rows bigint, found_amount decimal(18, 2), "
        "first_currency varchar, last_currency varchar)"
    )
    database.execute(
        "create table quarantine_counts "
        "(feed varchar, _file_id varchar, found_rows bigint, found_amount decimal(18, 2), repeated_rows bigint)"
    )
    for feed, suite in feeds.items():
        amount = suite.meta.get("control_amount")
        names = {row[0] for row in database.execute(f"describe {_PREFIX}{feed}").fetchall()}
        currency = "min(currency), max(currency)" if "currency" in names else "null, null"
        database.execute(
            f"""
            insert into bronze_counts
            select '{feed}', _file_id, count(*), {f"sum({amount})" if amount else "null"}, {currency}
            from {_PREFIX}{feed} group by _file_id
            """
        )
        refused = _list_parquet(database, settings.quarantine_dir / feed, feed, with_schema=False)
        if refused:
            database.execute(
                f"""
                insert into quarantine_counts
                select '{feed}', _file_id, count(distinct _line), sum(amount),
                    count(distinct _line) filter (rule = 'repeated_key')
                from {_read_parquet(refused)} as refused
                semi join new_files on new_files.feed = '{feed}'
                    and new_files.batch_id = refused.batch and new_files.file_id = refused._file_id
                group by _file_id
                """
            )


def _create_accounting(database: duckdb.DuckDBPyConnection) -> None:
    guarded = database.execute(
        f"select view_name[{len(_PREFIX) + 1}:] from duckdb_views() where view_name like '{_PREFIX}%'"
    ).fetchall()
    database.execute("create table guarded_feeds (feed varchar)")
    if guarded:
        database.executemany("insert into guarded_feeds values (?)", guarded)
    database.execute(
        """
        create table file_accounting as
        select
            files.file_id as _file_id,
            files.feed,
            files.source,
            files.sender_id,
            files.period_start,
            files.line_count,
            files.loaded_rows,
            files.quarantined_rows,
            files.control_amount,
            files.quarantined_amount,
            coalesce(bronze.found_rows, 0) as found_rows,
            bronze.found_amount,
            coalesce(quarantine.found_rows, 0) as found_quarantined_rows,
            quarantine.found_amount as found_quarantined_amount,
            files.quarantined_rows - coalesce(quarantine.repeated_rows, 0) as wrong_rows,
            bronze.first_currency,
            bronze.last_currency,
            stores.currency as sender_currency,
            guarded.feed is not null as has_suite,
        from new_files as files
        left join bronze_counts as bronze on bronze.feed = files.feed and bronze._file_id = files.file_id
        left join quarantine_counts as quarantine
            on quarantine.feed = files.feed and quarantine._file_id = files.file_id
        left join stores on stores.store_id = files.sender_id
        left join guarded_feeds as guarded on guarded.feed = files.feed
        """
    )


def _list_parquet(database: duckdb.DuckDBPyConnection, folder: Path, feed: str, *, with_schema: bool) -> list[Path]:
    """The files of the batches that new files came in; a batch that is gone shows in the accounts."""
    batches = database.execute(
        "select distinct batch_id from new_files where feed = ? order by batch_id", [feed]
    ).fetchall()
    names = [*(["schema"] if with_schema else []), *(batch for (batch,) in batches)]
    return [path for name in names for path in sorted((folder / f"batch={name}").glob("*.parquet"))]


def _read_parquet(files: Sequence[Path]) -> str:
    names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
    return f"read_parquet([{names}], hive_partitioning = true, hive_types_autocast = false, union_by_name = true)"
