"""What a gate says when it stays shut, and what it never says."""

from __future__ import annotations

import json
import pickle
from datetime import datetime

import pytest

from loopmart.gates.outcomes import GateFailed, GateReport, RuleOutcome
from loopmart.gates.privacy import mask_error, mask_row

BROKEN = RuleOutcome(
    "marts.orders.critical",
    "no order at all",
    "close the shop",
    "critical",
    False,
    "7 offending rows",
    7,
    tuple({"file": "S1/a.csv", "_file_id": "ab", "_line": n, "order_id": None} for n in range(1, 8)),
)
WARNED = RuleOutcome("marts.orders.warning", "few orders", "wait", "warning", False, "1 offending row", 1)


def test_the_message_names_gate_suite_rule_place_values_count_and_remedy() -> None:
    message = str(GateFailed("marts", [BROKEN]))
    assert message.splitlines() == [
        "Gate marts stays shut: 1 critical rule is broken.",
        "marts.orders.critical / no order at all: 7 offending rows",
        *[f"  S1/a.csv line {n}: order_id = empty" for n in range(1, 6)],
        "  … and 2 more",
        "  What to do: close the shop",
    ]


def test_the_error_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(GateFailed("marts", [BROKEN])))  # noqa: S301
    assert (error.gate, error.failures, str(error)) == ("marts", [BROKEN], str(GateFailed("marts", [BROKEN])))


def test_a_warning_stops_nothing() -> None:
    report = GateReport("marts", "r", datetime(2024, 1, 1), (WARNED,))
    report.raise_for_failures()
    assert report.counts == {"rules": 1, "failures": 0, "warnings": 1}
    with pytest.raises(GateFailed):
        GateReport("marts", "r", datetime(2024, 1, 1), (WARNED, BROKEN)).raise_for_failures()


def test_a_record_has_the_columns_of_gate_results() -> None:
    record = BROKEN.to_record("r1", "marts", datetime(2024, 1, 1))
    assert set(record) == {
        "run_id", "gate", "suite", "rule", "severity", "success", "observed", "unexpected_count", "unexpected_rows",
        "checked_at",
    }  # fmt: skip
    assert json.loads(record["unexpected_rows"])[0] == BROKEN.rows[0]


@pytest.mark.parametrize("name", ["card_token", "token", "phone", "mobile", "openid", "member_name", "payer_openid"])
def test_personal_columns_are_hidden(name: str) -> None:
    assert mask_row({name: "x", "order_id": "1"}) == {name: "(hidden)", "order_id": "1"}


def test_a_mobile_number_is_hidden_wherever_it_stands() -> None:
    row = {"note": "call 13912345678 or +8613912345678", "_file_id": "a13912345678b", "amount": 13912345678}
    assert mask_row(row) == {"note": "call (hidden) or (hidden)", "_file_id": "a13912345678b", "amount": 13912345678}


def test_an_engine_error_is_cut_and_quotes_no_value() -> None:
    error = mask_error("Conversion Error: Could not convert string 'Zhang San' to INT64\nLINE 1: select secret")
    assert error == "Conversion Error: Could not convert string '…' to INT64"
