"""Personal values: masked where they are shown, invented where they are kept."""

from __future__ import annotations

import json

import pytest

from loopmart.masks import mask, mask_text
from loopmart.onboard.golden_case import write_bill, write_expected
from loopmart.onboard.people import Substitutes
from tests.unit.onboard.conftest import Proposer

MEMBERS = (
    "会员卡号,姓名,手机号码,余额,办卡日期,备注\n"
    "000771,王小明,13912345678,5.00,2026-03-01,找李雷 13712345678\n"
    "000772,陈芳,139****0002,6.00,2026-03-01,\n"
    "000771,王小明,13912345678,5.00,2026-03-01,wang@mail.test\n"
)
SECRETS = ("000771", "000772", "王小明", "陈芳", "13912345678", "13712345678", "李雷", "wang@mail.test")


@pytest.mark.parametrize(
    ("value", "shown"), [("13912345678", "139****5678"), ("VIP9000002", "VI***02"), ("王明", "王**"), ("", "")]
)
def test_a_mask_keeps_what_a_person_needs_to_find_the_line(value: str, shown: str) -> None:
    assert mask(value) == shown


def test_phones_within_a_text_are_masked() -> None:
    assert mask_text("找 13912345678 或 a.b@mail.test") == "找 139****5678 或 a.***st"


def test_the_same_person_gets_the_same_invented_values() -> None:
    substitutes = Substitutes()
    first = substitutes.replace("13912345678", "phone")
    assert first == "13800000001"
    assert substitutes.replace_in("打 13912345678") == f"打 {first}"
    assert substitutes.replace("13812345678", "phone") == "13800000002"
    assert substitutes.replace("王小明（13912345678）", "phone") == f"客人1（{first}）"
    assert substitutes.replace("C-00077", "card") == "X-00001"


def test_no_real_person_is_left_in_a_kept_sample(propose_for: Proposer) -> None:
    name, text = write_bill(propose_for(MEMBERS))
    assert name == "bill.csv"
    assert not [secret for secret in SECRETS if secret in text]
    lines = text.splitlines()
    assert lines[1].startswith("000001,客人1,13800000001,5.00,2026-03-01,")
    assert lines[3].startswith("000001,客人1,13800000001,5.00,2026-03-01,")
    assert len(lines) == len(MEMBERS.splitlines())


def test_no_real_person_is_left_in_a_kept_json(propose_for: Proposer) -> None:
    answer = {"data": [{"number": "000771", "name": "王小明", "phone": "13912345678", "balance": "5.00"}] * 2}
    name, text = write_bill(propose_for(json.dumps(answer), file="members.json"))
    assert name == "bill.json"
    assert not [secret for secret in SECRETS if secret in text]
    assert len(json.loads(text)["data"]) == 2


def test_a_case_says_that_nobody_has_counted_it_and_holds_no_token(propose_for: Proposer) -> None:
    draft = propose_for(MEMBERS)
    ledger = {"filtered_rows": 0, "quarantined_rows": 1, "control_amount": "11.00", "reason": None}
    row = dict.fromkeys((f.name for f in draft.feed.fields), None) | {"card_token": "ab" * 16, "balance_amount": "5.00"}
    expected = json.loads(write_expected(draft, ledger, [row]))
    assert expected["counted_by_hand"] is False
    assert "count them by hand" in expected["to_confirm"]
    assert expected["rows"][0]["balance_amount"] == "5.00"
    assert not [name for name in expected["rows"][0] if name.endswith("_token")]
