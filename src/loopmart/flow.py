"""The whole flow in one process: what Airflow runs task by task, for scripts and tests."""

from __future__ import annotations

from datetime import date

from loopmart.gates.run import check_landing, check_marts, check_staging
from loopmart.ingest.run import LoadReport, discover, load_feed
from loopmart.publish.run import publish
from loopmart.settings import Settings
from loopmart.transform.run import build_marts, build_staging, finish_build


def ingest(settings: Settings, stores: list[str] | None = None) -> list[LoadReport]:
    """Discover and load everything that waits, then pass the landing gate."""
    reports = [load_feed(settings, feed) for feed in discover(settings, stores)]
    check_landing(settings)
    return reports


def build(
    settings: Settings, full_refresh: bool = False, from_date: date | None = None, to_date: date | None = None
) -> None:
    """Build the warehouse through its two gates."""
    build_staging(settings, full_refresh, from_date, to_date)
    check_staging(settings)
    build_marts(settings, full_refresh)
    check_marts(settings)
    finish_build(settings)


def run_all(
    settings: Settings,
    stores: list[str] | None = None,
    full_refresh: bool = False,
    from_date: date | None = None,
    to_date: date | None = None,
) -> str:
    """Ingest, build and publish; returns the version that is served.

    Raises:
        LoopmartError: a contract is wrong, a gate or dbt stopped the flow; what is published stays.
    """
    ingest(settings, stores)
    build(settings, full_refresh, from_date, to_date)
    return publish(settings)
