"""What payment companies send besides plain bills."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loopmart.settings import Settings
from tests.conftest import PROJECT
from tests.golden.containers import zip_with_gbk_names
from tests.integration.landing import land, load_all

pytestmark = pytest.mark.integration

GOLDEN = PROJECT / "tests" / "golden"


def bill_of(case: str) -> str:
    return (GOLDEN / case / "bill.csv").read_text(encoding="utf-8")


def test_of_the_two_files_in_a_zip_of_alipay_the_entries_are_loaded_and_the_sums_are_known(settings: Settings) -> None:
    bill = bill_of("alipay_trade_bill")
    members = {"20880000_业务明细.csv": bill, "20880000_业务明细(汇总).csv": bill_of("alipay_trade_summary")}
    land(settings, "20880000.csv.zip", zip_with_gbk_names({k: v.encode("gb18030") for k, v in members.items()}))
    files = load_all(settings)
    entries = files["S00101/20880000.csv.zip!/20880000_业务明细.csv"]
    sums = files["S00101/20880000.csv.zip!/20880000_业务明细(汇总).csv"]
    assert (entries["status"], entries["loaded_rows"], entries["control_amount"]) == ("loaded", 3, Decimal("1030.56"))
    assert (sums["status"], sums["source"], sums["loaded_rows"]) == ("ignored", "alipay_trade_summary", 0)
    assert sums["reason"].startswith("it sums up the 业务明细 of its zip")
