"""The three gates: each reads what its stage left, judges it, and lets the flow pass or stops it.

A gate opens data for reading only, records every rule in the ledger, and renews the Data Docs, whatever the
verdict; it raises at the end.
"""

from __future__ import annotations

import logging
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from loopmart.gates.data_docs import write_data_docs
from loopmart.gates.landing import build_landing_database
from loopmart.gates.outcomes import GateReport, RuleOutcome
from loopmart.gates.suites import Suite, load_suites
from loopmart.gates.validation import SuiteRun, open_validator
from loopmart.gates.warehouse import build_control_database, read_built_through, require_warehouse
from loopmart.ledger.store import Ledger, utc_now
from loopmart.locks import WAREHOUSE_LOCK, hold_lock
from loopmart.settings import Settings

log = logging.getLogger(__name__)


def check_landing(settings: Settings) -> GateReport:
    """Gate 1: the bronze rows of files that no finished build has seen, and the accounts of these files.

    Raises:
        GateFailed: a critical rule is broken; nothing must be built.
    """
    suites = load_suites(settings.expectations_dir, "landing")
    with tempfile.TemporaryDirectory(prefix="loopmart-gate-") as folder:
        database = Path(folder) / "landing.duckdb"
        with hold_lock(settings, WAREHOUSE_LOCK):
            built_through = read_built_through(settings)
        build_landing_database(settings, suites, built_through, database)
        return _check(settings, "landing", suites, database, {})


def check_staging(settings: Settings) -> GateReport:
    """Gate 2: staging and intermediate hold what the lake holds, order by order, without a raw identifier.

    Raises:
        GateFailed: a critical rule is broken; no mart must be built.
    """
    return _check_warehouse(settings, "staging")


def check_marts(settings: Settings) -> GateReport:
    """Gate 3: what is about to be published holds the rows and the money that came in, to the cent.

    Raises:
        GateFailed: a critical rule is broken; nothing must be published.
    """
    return _check_warehouse(settings, "marts")


def _check_warehouse(settings: Settings, gate: str) -> GateReport:
    require_warehouse(settings)
    suites = load_suites(settings.expectations_dir, gate)
    with tempfile.TemporaryDirectory(prefix="loopmart-gate-") as folder, hold_lock(settings, WAREHOUSE_LOCK):
        control = Path(folder) / "control.duckdb"
        build_control_database(settings, control)
        return _check(settings, gate, suites, settings.warehouse_path, {"control": control})


def _check(
    settings: Settings, gate: str, suites: Sequence[Suite], database: Path, attached: Mapping[str, Path]
) -> GateReport:
    ledger = Ledger(settings.ledger_url)
    with ledger.run(f"check_{gate}") as counts:
        checked_at = utc_now()
        run_id = f"{checked_at:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        with open_validator(database, attached, _Paths(ledger).find, run_id) as validator:
            runs = [validator.run_suite(suite) for suite in suites]
        report = GateReport(gate, run_id, checked_at, _collect(runs))
        counts |= {"run_id": run_id, **report.counts}
        ledger.record_gate_results([o.to_record(run_id, gate, checked_at) for o in report.outcomes])
        write_data_docs(settings.serving_dir / "data_docs", report, runs)
        for warning in report.warnings:
            log.warning("%s", warning.describe())
        log.info("gate %s: %d rules, %d broken, %d warnings", gate, *report.counts.values())
        report.raise_for_failures()
    return report


def _collect(runs: Sequence[SuiteRun]) -> tuple[RuleOutcome, ...]:
    outcomes = tuple(outcome for run in runs for outcome in run.outcomes)
    if not outcomes:
        raise RuntimeError("no rule was evaluated; a gate that checks nothing must not open")
    return outcomes


class _Paths:
    """Finds the path of a file in the ledger, which is asked only when a rule is broken."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @cached_property
    def _by_id(self) -> dict[str, str]:
        return {file_id: str(row["path"]) for file_id, row in self._ledger.files_by_id().items()}

    def find(self, file_id: str) -> str | None:
        """The path under which the file arrived, None for an unknown id."""
        return self._by_id.get(file_id)
