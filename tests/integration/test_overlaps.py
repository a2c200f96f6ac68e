"""Files that say the same thing twice: each entry counts once, and the quarantine says from which line."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loopmart.settings import Settings
from tests.conftest import PROJECT
from tests.golden.containers import as_workbook
from tests.integration.landing import land, load_all, reasons_of

pytestmark = pytest.mark.integration

GOLDEN = PROJECT / "tests" / "golden"


@pytest.mark.parametrize("nights", [1, 3])
def test_all_success_and_refund_bills_of_one_day_count_each_entry_once(settings: Settings, nights: int) -> None:
    cases = ["wechatpay_all_27_columns", "wechatpay_success_20_columns", "wechatpay_refund_29_columns"]
    for number, case in enumerate(cases):
        land(settings, f"{number}.csv", (GOLDEN / case / "bill.csv").read_bytes())
        if nights == 3 or number == 2:
            files = load_all(settings)
    counts = [(files[f"S00101/{n}.csv"]["loaded_rows"], files[f"S00101/{n}.csv"]["quarantined_rows"]) for n in range(3)]
    assert counts == [(4, 0), (0, 2), (0, 1)]
    assert sum(f["control_amount"] for f in files.values()) == Decimal("148.00")
    assert {f["status"] for f in files.values()} == {"loaded"}
    reasons = reasons_of(settings, "payments")
    assert len(reasons) == 3
    assert all("counts already from line" in reason and "S00101/0.csv" in reason for reason in reasons)


@pytest.mark.parametrize("nights", [1, 2])
def test_a_merged_month_counts_no_entry_of_its_days_again(settings: Settings, nights: int) -> None:
    month = (GOLDEN / "wechatpay_all_merged_month" / "bill.csv").read_text(encoding="utf-8").splitlines()
    day = [month[1], month[4], month[5], month[-2], "`2,`12.37,`0.00,`0.00,`0.08000,`12.37,`0.00"]
    land(settings, "2026-03-15.csv", ("\n".join(day) + "\n").encode())
    if nights == 2:
        load_all(settings)
    land(settings, "2026-03.csv", ("\n".join(month) + "\n").encode("gb18030"))
    files = load_all(settings)
    by_day, by_month = files["S00101/2026-03-15.csv"], files["S00101/2026-03.csv"]
    assert by_day["loaded_rows"] + by_month["loaded_rows"] == 7
    assert by_day["control_amount"] + by_month["control_amount"] == Decimal("156.34")
    again = reasons_of(settings, "payments")
    assert len(again) == 2
    first = "2026-03-15.csv" if by_month["quarantined_rows"] else "2026-03.csv"
    assert nights == 1 or first == "2026-03-15.csv"
    assert all("counts already from line" in reason and f"S00101/{first}" in reason for reason in again)


def test_one_export_as_text_as_workbook_and_downloaded_twice_counts_once(settings: Settings) -> None:
    bill = (GOLDEN / "alipay_trade_bill" / "bill.csv").read_text(encoding="utf-8")
    land(settings, "20880000_业务明细.csv", bill.encode("gb18030"))
    land(settings, "20880000_业务明细 (1).csv", bill.encode("gb18030"))
    land(settings, "20880000_业务明细.xlsx", as_workbook(bill))
    files = load_all(settings)
    statuses = {path.partition("/")[2]: (f["status"], f["loaded_rows"]) for path, f in files.items()}
    assert sorted(statuses.values()) == [("duplicate", 0), ("loaded", 0), ("loaded", 3)]
    assert statuses["20880000_业务明细.xlsx"] == ("loaded", 0)
    (copy,) = [f for f in files.values() if f["status"] == "duplicate"]
    assert copy["reason"].startswith("the same content arrived as S00101/20880000_业务明细")
    reasons = reasons_of(settings, "payments")
    assert len(reasons) == 3
    assert all("counts already from line" in reason and ".csv" in reason for reason in reasons)


def test_bills_of_two_accounts_of_one_day_stand_beside_each_other(settings: Settings) -> None:
    bill = (GOLDEN / "wechatpay_success_20_columns" / "bill.csv").read_text(encoding="utf-8")
    other = bill.replace("1900000001", "1900000002").replace(
        "420000000000000000000000000", "420000000000000000000000009"
    )
    land(settings, "one.csv", bill.encode())
    land(settings, "two.csv", other.encode())
    assert [(f["status"], f["loaded_rows"]) for f in load_all(settings).values()] == [("loaded", 2)] * 2
