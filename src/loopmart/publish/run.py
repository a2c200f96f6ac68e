"""Publish: copy the marts into a file of their own, render the page, and swap both in with one rename.

`serving/current` is a link to the version that is served; `marts.duckdb` and `report` beside it go through
that link, so every reader moves to the new version at once and one who has the old file open keeps it.

In the file the marts stand in the main schema: DuckDB names a database after its file, so `marts.orders`
reads the same there as in a PostgreSQL schema of that name (a schema `marts` inside would be ambiguous).
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import duckdb

from loopmart.durable import sync
from loopmart.errors import LoopmartError
from loopmart.ledger.store import Ledger, utc_now
from loopmart.locks import WAREHOUSE_LOCK, hold_lock
from loopmart.publish.ops import write_ops
from loopmart.report.page import render_report
from loopmart.settings import Settings
from loopmart.transform.change_set import built_through, is_open

log = logging.getLogger(__name__)

VERSIONS_KEPT = 5
PUBLISH_LOCK = "publish"


def publish(settings: Settings) -> str:
    """Publish what the last finished build holds.

    Returns:
        The version, such as `20260131T023007123456`.

    Raises:
        LoopmartError: there is no finished build, or one is under way or was stopped by a gate.
    """
    ledger = Ledger(settings.ledger_url)
    version = f"{utc_now():%Y%m%dT%H%M%S%f}"
    versions = settings.serving_dir / "versions"
    with hold_lock(settings, PUBLISH_LOCK), ledger.run("publish") as counts:
        versions.mkdir(parents=True, exist_ok=True)
        for left in versions.glob(".aside-*"):
            shutil.rmtree(left)
        aside = versions / f".aside-{version}"
        aside.mkdir()
        with hold_lock(settings, WAREHOUSE_LOCK):
            rows = _copy_marts(settings, ledger, version, aside / "marts.duckdb")
        log.info("publish: %s rows in %d marts", f"{sum(rows.values()):,}", len(rows))
        pages = render_report(aside / "marts.duckdb", aside / "report")
        for path in [*pages, aside / "marts.duckdb", aside / "report", aside]:
            sync(path)
        aside.rename(versions / version)
        _point_to(settings, version)
        _prune(settings)
        counts |= {"version": version, "rows": rows}
    log.info("publish: version %s is served from %s", version, settings.serving_dir)
    return version


def rollback(settings: Settings) -> str:
    """Serve the version before the current one; returns it.

    Raises:
        LoopmartError: no earlier version is kept.
    """
    with hold_lock(settings, PUBLISH_LOCK), Ledger(settings.ledger_url).run("rollback") as counts:
        now = current_version(settings)
        earlier = [v for v in list_versions(settings) if now and v < now]
        if not earlier:
            raise LoopmartError(
                f"no version before {now or '(none)'} is kept; versions: {', '.join(list_versions(settings)) or 'none'}"
            )
        _point_to(settings, earlier[-1])
        counts |= {"from": now, "version": earlier[-1]}
    return earlier[-1]


def current_version(settings: Settings) -> str | None:
    """The version that is served; None before the first publication."""
    link = settings.serving_dir / "current"
    return link.readlink().name if link.is_symlink() else None


def list_versions(settings: Settings) -> list[str]:
    """Versions that are kept, oldest first."""
    versions = settings.serving_dir / "versions"
    return sorted(p.name for p in versions.glob("[0-9]*")) if versions.exists() else []


def _copy_marts(settings: Settings, ledger: Ledger, version: str, target: Path) -> dict[str, int]:
    if not settings.warehouse_path.exists():
        raise LoopmartError("nothing is built yet; run `loopmart build`, then publish")
    rows: dict[str, int] = {}
    with duckdb.connect(config={"storage_compatibility_version": "v1.5.0"}) as engine:
        engine.execute("set timezone = 'UTC'")
        engine.execute(f"attach '{settings.warehouse_path}' as loopmart (read_only)")
        engine.execute("use loopmart")
        through = _check_finished(engine)
        engine.execute(f"attach '{target}' as published (storage_version 'v1.5.0')")
        engine.execute("create schema published.ops")
        tables = engine.execute(
            "select table_name from information_schema.tables "
            "where table_catalog = 'loopmart' and table_schema = 'marts' order by 1"
        ).fetchall()
        for (table,) in tables:
            engine.execute(f"create table published.main.{table} as from loopmart.marts.{table} order by all")
            (count,) = engine.execute(f"select count(*) from published.main.{table}").fetchone() or (0,)
            rows[table] = int(count)
        engine.execute("use published")
        write_ops(settings, ledger, engine, version=version, through=through, now=utc_now())
        engine.execute("checkpoint published; use memory; detach published; detach loopmart")
    if target.with_name(target.name + ".wal").exists():
        raise RuntimeError(f"{target} was not closed cleanly; nothing was published")
    return rows


def _check_finished(engine: duckdb.DuckDBPyConnection) -> int:
    if is_open(engine):
        raise LoopmartError(
            "the last build did not finish; mend what stopped it and run `loopmart build` again. What is published "
            "stays as it is"
        )
    return built_through(engine)


def _point_to(settings: Settings, version: str) -> None:
    serving = settings.serving_dir
    _link(serving / "current", f"versions/{version}")
    for name in ("marts.duckdb", "report"):
        if not (serving / name).is_symlink():
            _link(serving / name, f"current/{name}")
    sync(serving)


def _link(link: Path, target: str) -> None:
    aside = link.with_name(f".{link.name}-{os.getpid()}")
    aside.unlink(missing_ok=True)
    aside.symlink_to(target)
    aside.replace(link)


def _prune(settings: Settings) -> None:
    keep = {current_version(settings), *list_versions(settings)[-VERSIONS_KEPT:]}
    for version in list_versions(settings):
        if version not in keep:
            shutil.rmtree(settings.serving_dir / "versions" / version)
