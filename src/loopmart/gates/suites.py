"""Suites: the hand-kept (landing: rendered) JSON under expectations/, read and held to the house rules.

`<stage>.<entity>.<critical|warning>.json` holds
`{"name", "meta": {"relation"}, "expectations": [{"type", "kwargs", "severity", "meta": {"rule", "remedy"}}]}`;
a query may be written as a list of lines, which are joined. `relation` is what `{batch}` stands for.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loopmart.errors import ContractError
from loopmart.gates.outcomes import Severity

NAME = re.compile(r"^(landing|staging|marts)\.([a-z][a-z0-9_]*)\.(critical|warning)$")
QUERY_TYPE = "unexpected_rows_expectation"
_SUITE_KEYS = {"name", "meta", "expectations"}
_EXPECTATION_KEYS = {"type", "kwargs", "severity", "meta"}


@dataclass(frozen=True)
class Expectation:
    """One named rule: an expectation type of Great Expectations with its arguments."""

    type: str
    kwargs: dict[str, Any]
    rule: str
    remedy: str


@dataclass(frozen=True)
class Suite:
    """The rules of one severity over one relation of one stage."""

    name: str
    relation: str
    expectations: tuple[Expectation, ...]
    meta: dict[str, Any]

    @property
    def stage(self) -> str:
        """`landing`, `staging` or `marts`."""
        return self.name.split(".")[0]

    @property
    def severity(self) -> Severity:
        """The severity that the name promises, which is that of every rule in it."""
        return "critical" if self.name.endswith(".critical") else "warning"


def load_suites(expectations_dir: Path, stage: str) -> list[Suite]:
    """Read the suites of one stage, by name.

    Raises:
        ContractError: no suite for the stage, or a suite breaks a house rule; the message names the file.
    """
    suites = [read_suite(path) for path in sorted(expectations_dir.glob(f"{stage}.*.json"))]
    if not suites:
        raise ContractError(f"{expectations_dir}: no suite of the gate {stage} ({stage}.*.json) found")
    return suites


def read_suite(path: Path) -> Suite:
    """Read one suite.

    Raises:
        ContractError: the file is no JSON, or its name, a severity, a rule or a query breaks a house rule.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return _parse_suite(content, path)
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise ContractError(f"{path}: {reason}") from error


def _parse_suite(content: dict[str, Any], path: Path) -> Suite:
    name = content["name"]
    _demand(NAME.match(name), f"the name {name} is not <stage>.<entity>.<critical|warning>")
    _demand(path.name == f"{name}.json", f"the suite {name} has to stand in {name}.json")
    _demand(set(content) <= _SUITE_KEYS, f"unknown keys {sorted(set(content) - _SUITE_KEYS)}")
    severity = name.rsplit(".", 1)[1]
    expectations = tuple(_parse_expectation(entry, severity) for entry in content["expectations"])
    _demand(expectations, "the suite holds no expectation and would pass whatever arrives")
    rules = [e.rule for e in expectations]
    _demand(len(set(rules)) == len(rules), "two rules of the suite have one name")
    return Suite(name, content["meta"]["relation"], expectations, content["meta"])


def _parse_expectation(entry: dict[str, Any], severity: str) -> Expectation:
    _demand(set(entry) <= _EXPECTATION_KEYS, f"unknown keys {sorted(set(entry) - _EXPECTATION_KEYS)}")
    rule, remedy = entry["meta"]["rule"], entry["meta"]["remedy"]
    _demand(rule and remedy, "a rule needs a name and a remedy")
    _demand(
        entry["type"] == QUERY_TYPE or entry["type"].startswith("expect_table_"),
        f"rule {rule!r}: {entry['type']} would quote cells on the pages; write it as {QUERY_TYPE}",
    )
    _demand("$" not in rule, f"rule {rule!r}: a dollar sign is a place-holder of the Data Docs")
    _demand(
        entry["severity"] == severity,
        f"rule {rule!r} is {entry['severity']}, the suite's name promises {severity}",
    )
    kwargs = dict(entry["kwargs"])
    if entry["type"] == QUERY_TYPE:
        query = kwargs["unexpected_rows_query"]
        kwargs["unexpected_rows_query"] = query if isinstance(query, str) else "\n".join(query)
        _demand("{batch}" in kwargs["unexpected_rows_query"], f"rule {rule!r}: the query never reads {{batch}}")
    return Expectation(entry["type"], kwargs, rule, remedy)


def _demand(holds: object, reason: str) -> None:
    if not holds:
        raise ValueError(reason)
