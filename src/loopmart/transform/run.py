"""Build: the change set, then dbt layer by layer, between the gates."""

from __future__ import annotations

from datetime import date

from loopmart.ingest.run import export_manifest
from loopmart.ledger.store import Ledger
from loopmart.locks import WAREHOUSE_LOCK, hold_lock
from loopmart.settings import Settings
from loopmart.transform.change_set import finish_change_set, prepare_change_set
from loopmart.transform.dbt import build_layer


def build_staging(
    settings: Settings, full_refresh: bool = False, from_date: date | None = None, to_date: date | None = None
) -> dict[str, int]:
    """Work out the change set and build staging and intermediate models with their tests.

    Args:
        full_refresh: build everything anew.
        from_date, to_date: also replace the business dates of this span, both ends included.

    Returns:
        Counts: affected_dates, nodes.

    Raises:
        DbtFailed: a model or a test failed.
    """
    ledger = Ledger(settings.ledger_url)
    params = {"full_refresh": full_refresh, "from_date": from_date, "to_date": to_date}
    with hold_lock(settings, WAREHOUSE_LOCK) as lock, ledger.run("build_staging", params) as counts:
        export_manifest(settings)
        change = prepare_change_set(settings, ledger, full_refresh=full_refresh, from_date=from_date, to_date=to_date)
        nodes = build_layer(settings, ["staging", "intermediate"], lock, full_refresh=change.is_full)
        counts |= {"affected_dates": change.affected_dates, "nodes": len(nodes)}
    return counts


def build_marts(settings: Settings, full_refresh: bool = False) -> dict[str, int]:
    """Build the marts with their tests.

    Raises:
        DbtFailed: a model or a test failed.
    """
    ledger = Ledger(settings.ledger_url)
    with hold_lock(settings, WAREHOUSE_LOCK) as lock, ledger.run("build_marts") as counts:
        nodes = build_layer(settings, ["marts"], lock, full_refresh=full_refresh)
        counts |= {"nodes": len(nodes)}
    return counts


def finish_build(settings: Settings) -> int:
    """Note that the change set is built and has passed its gates; returns the ledger's change it reaches."""
    ledger = Ledger(settings.ledger_url)
    with hold_lock(settings, WAREHOUSE_LOCK), ledger.run("finish_build") as counts:
        through = finish_change_set(settings)
        counts |= {"built_through": through}
    return through
