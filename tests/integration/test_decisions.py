"""Days of money, counted by hand, and decisions on breaks: from worksheet to file to the status of the next night."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import python_calamine
import xlsxwriter

from loopmart.reconcile.worksheet import HEADER_ROW
from loopmart.settings import Settings
from tests.conftest import PROJECT, TOKEN_KEY, copy_sample
from tests.integration.landing import land
from tests.worlds import query_published, run_loopmart

pytestmark = pytest.mark.integration

GOLDEN = PROJECT / "tests" / "golden"
DAY = "2026-04-10"
TENDERS = f"""门店,小票号,支付方式,金额,支付时间,参考号,款台
S00101,D-1,微信,30.00,{DAY} 12:00:00,,A
S00101,D-2,微信,41.00,{DAY} 12:00:40,,A
S00101,D-3,现金,52.00,{DAY} 12:02:00,,A
S00101,D-4,微信,63.00,{DAY} 12:02:30,,A
S00101,D-5,现金,74.00,{DAY} 12:30:00,,A
S00101,D-6,支付宝,85.00,{DAY} 13:00:00,,B
"""
POINTS = f"""entry_id,store_code,card_no,kind,points,posted_at,order_id
P-1,S00101,VIP9000001,earn,120,{DAY} 12:00:00,D-1
P-2,S00101,VIP9000001,spend,-20.5,2026-04-12 12:00:00,D-2
P-3,S00101,VIP9000001,adjust,-30,2026-04-12 12:00:00,D-1
"""
COUPONS = f"""campaign_id,coupon_id,coupon_code,card_no,phone,issued_at
1,K1,017000000001,VIP9000001,,{DAY} 09:00:00
1,K1,017000000002,VIP9000002,,{DAY} 09:00:01
"""
BANK = """account_no,entry_id,booked_at,amount,other_party,purpose
6789,B-1,2026-04-11 02:10:00,59.64,Tenpay Payment,settlement
6789,B-2,2026-04-11,-300.00,Landlord,rent
"""
QUERIES = {
    "checkouts": "select till, local_hour, tender, receipt_count, till_hour_receipt_count, mobile_rate, is_peak, "
    "gap_count, gap_seconds, median_gap_seconds, p90_gap_seconds "
    "from marts.checkout_throughput where store_id = 'S00101' order by all",
    "points": "select opening_points, issued_points, redeemed_points, reversed_points, closing_points "
    f"from marts.points_liability_daily where business_date between '{DAY}' and '2026-04-12' order by business_date",
    "coupons": "select issued_count, unlisted_count, redeemed_count, expired_count, closing_count "
    "from marts.coupon_liability_daily where batch_id = 'K1' order by business_date",
    "settlement": "select business_date::varchar, gross_amount, refund_amount, fee_amount, net_to_arrive_amount, "
    "account_amount, account_difference_amount, bank_amount, open_amount from marts.settlement_daily "
    f"where store_id = 'S00101' and payment_channel = 'wechat' and business_date between '{DAY}' and '2026-04-11' "
    "order by business_date",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, dict[str, list[tuple[Any, ...]]]]]:
    """The sample with the files above after one night, and what was published then."""
    root = tmp_path_factory.mktemp("money")
    (root / "token.key").write_text(TOKEN_KEY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOOPMART_HOME", str(root / "home"))
        patch.setenv("LOOPMART_TOKEN_KEY_FILE", str(root / "token.key"))
        settings = Settings.load()
    copy_sample(settings)
    for name, content in (("tenders", TENDERS), ("bank", BANK)):
        land(settings, f"{name}.csv", content.encode())
    for name, content in (("points", POINTS), ("coupons", COUPONS)):
        land(settings, f"{name} issued.csv", content.encode(), "chain")
    for case in ("wechatpay_all_27_columns", "wechatpay_fund_flow"):
        land(
            settings, f"{case}.csv", (GOLDEN / case / "bill.csv").read_text("utf-8").replace("2026-03-08", DAY).encode()
        )
    run_loopmart("run", settings=settings)
    yield settings, {name: query_published(settings, query) for name, query in QUERIES.items()}
    shutil.rmtree(root)


def amounts(*texts: str | None) -> tuple[Decimal | None, ...]:
    return tuple(None if text is None else Decimal(text) for text in texts)


def test_a_till_passes_receipts_at_the_gaps_that_its_list_tells(world: tuple[Settings, dict[str, Any]]) -> None:
    rate = Decimal("0.6000")
    assert world[1]["checkouts"] == [
        ("A", 12, "cash", 2, 5, rate, True, 1, 80, 80, 80),
        ("A", 12, "wechat", 3, 5, rate, True, 2, 70, 30, 40),
        ("B", 13, "alipay", 1, 1, Decimal("1.0000"), False, 0, 0, None, None),
    ]


def test_points_of_an_evening_are_those_of_the_next_morning(world: tuple[Settings, dict[str, Any]]) -> None:
    assert world[1]["points"] == [
        amounts("0.00", "120.00", "0.00", "0.00", "120.00"),
        amounts("120.00", "0.00", "0.00", "0.00", "120.00"),
        amounts("120.00", "0.00", "-20.50", "-30.00", "69.50"),
    ]


def test_coupons_that_nobody_used_stay_open_or_expire(world: tuple[Settings, dict[str, Any]]) -> None:
    assert world[1]["coupons"] == [(2, 0, 0, 0, 2), (0, 0, 0, 2, 0)]


def test_settlement_follows_the_money_from_bill_to_bank(world: tuple[Settings, dict[str, Any]]) -> None:
    assert world[1]["settlement"] == [
        (DAY, *amounts("188.00", "40.00", "0.89", "147.11", "59.64", "87.47", "0.00", "147.11")),
        ("2026-04-11", *amounts("0.00", "0.00", "0.00", "0.00", "0.00", "0.00", "59.64", "87.47")),
    ]


def fill(sheet: Path, filled: Path, decisions: dict[str, tuple[Any, ...]]) -> None:
    """Save a worksheet anew, as Excel would, with what was decided about each break: decision, day, who, note."""
    rows = python_calamine.CalamineWorkbook.from_path(str(sheet)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    header = [str(cell) for cell in rows[HEADER_ROW]]
    at = [header.index(name) for name in ("decision", "decided_on", "decided_by", "note")]
    with xlsxwriter.Workbook(str(filled)) as workbook:
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        page = workbook.add_worksheet("breaks")
        for number, row in enumerate(rows):
            said = decisions.get(str(row[header.index("reconciliation_id")]), ()) if number > HEADER_ROW else ()
            for column, cell in enumerate(row):
                value = said[at.index(column)] if column in at and said else cell
                if isinstance(value, date):
                    page.write_datetime(number, column, value, day)
                elif value != "":
                    page.write(number, column, value)


def statuses(settings: Settings) -> dict[str, str]:
    """The status of every break of the store by WeChat."""
    return dict(
        query_published(
            settings,
            "select reconciliation_id, status from marts.payment_reconciliation "
            "where store_id = 'S00101' and payment_channel = 'wechat' and status <> 'closed' order by 1",
        )
    )


def test_what_a_clerk_decides_is_the_status_of_the_break_the_next_night(
    world: tuple[Settings, dict[str, Any]], tmp_path: Path
) -> None:
    settings, _ = world
    before = statuses(settings)
    assert len(before) >= 4
    assert set(before.values()) == {"open"}
    decided, changed, *waiting = sorted(before)

    run_loopmart("reconcile", "worksheet", "--store", "S00101", "--out", str(tmp_path / "sheets"), settings=settings)
    (sheet,) = (tmp_path / "sheets").glob("breaks_S00101_*.xlsx")
    first, last = "S00101/breaks of April.xlsx", "S00101/again.csv"
    may = date(2026, 5, 2)
    decisions = {decided: ("recovered", may, "LW", "paid in cash"), changed: ("accepted", may, "LW", "")}
    fill(sheet, settings.landing_dir / first, decisions)
    again = "reconciliation_id,store_id,decision,decided_on,decided_by,note\n"
    again += f"{changed},S00101,written_off,2026-05-03,LW,\nnobody-knows-this,S00101,accepted,2026-05-03,LW,\n"
    land(settings, "again.csv", again.encode())
    run_loopmart("run", settings=settings)
    assert statuses(settings) == {decided: "recovered", changed: "written_off", **dict.fromkeys(waiting, "open")}
    audit = query_published(
        settings,
        "select d.reconciliation_id, d.decision, d.is_latest, d.is_known, f.path, d.source_line, d.note "
        "from marts.reconciliation_decisions d join ops.file_ledger f on f.file_id = d.source_file_id",
    )
    line = {row[0]: row[5] for row in audit if row[4] == first}
    assert len(line) == 2
    assert set(line.values()) <= set(range(HEADER_ROW + 2, HEADER_ROW + 2 + len(before) + 1))
    assert sorted(audit, key=str) == sorted(
        [
            (decided, "recovered", True, True, first, line[decided], "paid in cash"),
            (changed, "accepted", False, True, first, line[changed], None),
            (changed, "written_off", True, True, last, 2, None),
            ("nobody-knows-this", "accepted", True, False, last, 3, None),
        ],
        key=str,
    )
