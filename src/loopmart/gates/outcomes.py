"""What a gate found: the outcome of each rule, the report of a run, the error that stops the flow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from loopmart.errors import LoopmartError

Severity = Literal["critical", "warning"]
SHOWN_ROWS = 20
"""Offending rows that are kept for each rule; the count stands beside them."""
MESSAGE_ROWS = 5
"""Offending rows of each rule that the error message quotes."""


@dataclass(frozen=True)
class RuleOutcome:
    """What one rule of one suite found.

    `unexpected_count` counts the offending rows, None where the rule could not be evaluated; `rows` holds
    the first 20 of them, with `file` and `_line` where they can be traced to a line.
    """

    suite: str
    rule: str
    remedy: str
    severity: Severity
    success: bool
    observed: str
    unexpected_count: int | None = 0
    rows: tuple[Mapping[str, Any], ...] = ()

    def to_record(self, run_id: str, gate: str, checked_at: datetime) -> dict[str, Any]:
        """The outcome as a row of `ops.gate_results`; `checked_at` is UTC without a zone."""
        return {
            "run_id": run_id,
            "gate": gate,
            "suite": self.suite,
            "rule": self.rule,
            "severity": self.severity,
            "success": self.success,
            "observed": self.observed,
            "unexpected_count": self.unexpected_count,
            "unexpected_rows": json.dumps([dict(row) for row in self.rows], default=str, ensure_ascii=False),
            "checked_at": checked_at,
        }

    def describe(self) -> str:
        """Suite, rule, figures, the first rows with their files, and what to do."""
        lines = [f"{self.suite} / {self.rule}: {self.observed}"]
        lines += [f"  {_describe_row(row)}" for row in self.rows[:MESSAGE_ROWS]]
        hidden = (self.unexpected_count or 0) - min(len(self.rows), MESSAGE_ROWS)
        if self.rows and hidden > 0:
            lines.append(f"  … and {hidden} more")
        return "\n".join([*lines, f"  What to do: {self.remedy}"])


def _describe_row(row: Mapping[str, Any]) -> str:
    place = str(row.get("file") or row.get("_file_id") or "")
    if row.get("_line") is not None:
        place += f" line {row['_line']}"
    values = ", ".join(
        f"{name} = {'empty' if value is None else value}"
        for name, value in row.items()
        if name not in ("file", "_line") and not (name == "_file_id" and row.get("file"))
    )
    return f"{place}: {values}" if place and values else place or values


@dataclass(frozen=True)
class GateReport:
    """A finished run of a gate."""

    gate: str
    run_id: str
    checked_at: datetime
    outcomes: Sequence[RuleOutcome] = field(default_factory=tuple)

    @property
    def failures(self) -> list[RuleOutcome]:
        """Broken critical rules; they stop the flow."""
        return [o for o in self.outcomes if not o.success and o.severity == "critical"]

    @property
    def warnings(self) -> list[RuleOutcome]:
        """Broken rules that are reported and stop nothing."""
        return [o for o in self.outcomes if not o.success and o.severity == "warning"]

    @property
    def counts(self) -> dict[str, int]:
        """Rules, failures and warnings, for the record of the run."""
        return {
            "rules": len(self.outcomes),
            "failures": len(self.failures),
            "warnings": len(self.warnings),
        }

    def raise_for_failures(self) -> None:
        """Stop the flow when a critical rule is broken.

        Raises:
            GateFailed: naming each broken rule with its rows and its remedy.
        """
        if self.failures:
            raise GateFailed(self.gate, self.failures)


class GateFailed(LoopmartError):
    """A gate stays shut: a critical rule is broken.

    Args:
        gate: `landing`, `staging` or `marts`.
        failures: the broken critical rules.
    """

    def __init__(self, gate: str, failures: Sequence[RuleOutcome]) -> None:
        broken = f"{len(failures)} critical rule{'s are' if len(failures) > 1 else ' is'} broken"
        super().__init__("\n".join([f"Gate {gate} stays shut: {broken}.", *(f.describe() for f in failures)]))
        self.gate = gate
        self.failures = list(failures)

    def __reduce__(self) -> tuple[type[GateFailed], tuple[str, list[RuleOutcome]]]:
        """Survive the way from a worker process to the one that reports it."""
        return GateFailed, (self.gate, self.failures)
