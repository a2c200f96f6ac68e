"""The suites under expectations/ keep the house rules, and the reader refuses one that does not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from loopmart.errors import ContractError
from loopmart.gates.suites import QUERY_TYPE, load_suites, read_suite
from tests.unit.gates.world import PROJECT

EXPECTATIONS = PROJECT / "expectations"
FILES = sorted(EXPECTATIONS.glob("*.json"))
GOOD: dict[str, Any] = {
    "name": "marts.orders.critical",
    "meta": {"relation": "marts.orders"},
    "expectations": [
        {
            "type": QUERY_TYPE,
            "kwargs": {"unexpected_rows_query": ["select order_id", "from {batch}"]},
            "severity": "critical",
            "meta": {"rule": "no order at all", "remedy": "close the shop"},
        }
    ],
}


def write(folder: Path, content: dict[str, Any], name: str | None = None) -> Path:
    path = folder / f"{name or content['name']}.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def changed(**entry: Any) -> dict[str, Any]:
    return {**GOOD, "expectations": [{**GOOD["expectations"][0], **entry}]}


def test_every_gate_has_critical_suites() -> None:
    for gate in ("landing", "staging", "marts"):
        suites = load_suites(EXPECTATIONS, gate)
        assert [s for s in suites if s.severity == "critical"]
        assert all(s.stage == gate for s in suites)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_committed_suite_keeps_the_house_rules(path: Path) -> None:
    suite = read_suite(path)
    assert suite.name == path.stem
    assert suite.expectations
    content = json.loads(path.read_text(encoding="utf-8"))
    assert {e["severity"] for e in content["expectations"]} == {suite.severity}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_no_rule_shows_a_token(path: Path) -> None:
    for expectation in read_suite(path).expectations:
        query = expectation.kwargs.get("unexpected_rows_query", "")
        for shown in re.findall(r"select (.*?)\bfrom\b", query, re.DOTALL):
            bare = re.sub(r"'[^']*'|\w+\([^()]*\)", "", re.sub(r"case when .*? end", "", shown))
            assert "token" not in re.sub(r"as \w+", "", bare), f"{expectation.rule} selects a token"


def test_a_query_may_be_written_line_by_line(tmp_path: Path) -> None:
    suite = read_suite(write(tmp_path, GOOD))
    assert suite.expectations[0].kwargs["unexpected_rows_query"] == "select order_id\nfrom {batch}"
    assert suite.relation == "marts.orders"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({**GOOD, "expectations": []}, "no expectation"),
        ({**GOOD, "name": "marts.orders"}, "is not <stage>.<entity>.<critical|warning>"),
        ({**GOOD, "name": "marts.orders.fatal"}, "is not <stage>.<entity>.<critical|warning>"),
        ({**GOOD, "notes": "x"}, "unknown keys ['notes']"),
        ({**GOOD, "meta": {}}, "'relation' is missing"),
        (changed(severity="warning"), "the suite's name promises critical"),
        (changed(meta={"rule": "x"}), "'remedy' is missing"),
        (changed(meta={"rule": "costs $5", "remedy": "x"}), "dollar sign"),
        (changed(kwargs={"unexpected_rows_query": "select 1"}), "never reads {batch}"),
        (changed(type="expect_column_values_to_not_be_null"), "would quote cells"),
        ({**GOOD, "expectations": GOOD["expectations"] * 2}, "two rules of the suite have one name"),
    ],
)
def test_a_suite_that_breaks_a_house_rule_is_refused(tmp_path: Path, content: dict[str, Any], reason: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(ContractError) as refused:
        read_suite(path)
    assert reason in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_suite_stands_in_the_file_of_its_name(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"has to stand in marts\.orders\.critical\.json"):
        read_suite(write(tmp_path, GOOD, name="marts.bills.critical"))


def test_a_gate_without_suites_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no suite of the gate landing"):
        load_suites(tmp_path, "landing")
