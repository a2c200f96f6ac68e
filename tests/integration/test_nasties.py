"""What spreadsheets, vendors and people do to cells: read exactly, or refused with the value and what to do.

Each test is named after one known trouble with exported files. Those of whole files are in test_nasty_files.py, entries
that arrive twice in test_overlaps.py and test_payment_bills.py.
"""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import replace
from decimal import Decimal

import pytest

from loopmart.settings import Settings
from tests.golden.containers import as_workbook
from tests.integration.landing import land
from tests.integration.nasties import (
    WORKBOOK,
    bill_of,
    counts_of,
    land_cases,
    load_counted,
    loaded_values,
    refused_lines,
    template_file,
    till_file,
    till_row,
)

pytestmark = pytest.mark.integration

LOST = "a spreadsheet turned this number into a power of ten, its digits are lost for good"
NO_NUMBER = "the cell is no number with at most 2 decimals and no currency sign or thousands separator"
NO_TIME = "the cell is no time in the format of the contract"


def workbook_of_articles(*articles: str) -> bytes:
    """A till's workbook whose article codes are numbers."""
    lines = [f"S00104,{n},1,2026-03-08 10:00:00,{code},1,5,0,0,0,5,CNY," for n, code in enumerate(articles)]
    title = "Store S00104 | 2026-03-08 to 2026-03-08"
    numbers = ["Article", "Qty", "Gross", "Loyalty discount", "Coupon match", "Manufacturer coupon", "Net"]
    return as_workbook("\n".join([title, WORKBOOK, *lines]) + "\n", numbers)


def test_01_ids_that_became_powers_of_ten_are_refused_and_never_repaired(settings: Settings) -> None:
    day = "2026-03-08"
    codes = ["4.00123E+27", "8.68533E+14", "8.68533e14", "4e27", "868533010000199", "E14"]
    rows = [till_row(n, at=f"{day} 10:00:00", product=code) for n, code in enumerate(codes)]
    rows.append(till_row("card", at=f"{day} 10:00:00", card="4.00123E+27"))
    land(settings, "till.csv", till_file(day, *rows).encode(), "S00102")
    bill = bill_of("wechatpay_all_27_columns").replace("`4200000000000000000000000002,", "`4.2E+27,")
    land(settings, "bill.csv", bill.encode())
    codes = ["4001230000000000000000000001", "868533010000199", "2022072512345928259", "1234567890123456"]
    land(settings, "till.xlsx", workbook_of_articles(*codes), "S00104")
    files = load_counted(settings)
    till, book, paid = (files[path] for path in ("S00102/till.csv", "S00104/till.xlsx", "S00101/bill.csv"))
    assert counts_of(files, till["path"]) == ("loaded", 2, 5)
    assert loaded_values(settings, till, "product_id_source") == ["868533010000199", "E14"]
    refused = refused_lines(settings, till)
    assert {line: value for line, (_, value, *_) in refused.items()} == {
        3: "4.00123E+27", 4: "8.68533E+14", 5: "8.68533e14", 6: "4e27", 9: None,
    }  # fmt: skip
    assert {(reason, remedy) for *_, reason, remedy in refused.values()} == {
        (LOST, "Export it again as text; do not open and save the file in Excel")
    }
    assert counts_of(files, book["path"]) == ("loaded", 1, 3)
    assert loaded_values(settings, book, "product_id_source") == ["868533010000199"]
    assert {reason for _, _, reason, _ in refused_lines(settings, book).values()} == {LOST}
    assert counts_of(files, paid["path"]) == ("loaded", 3, 1)
    assert [r[1:3] for r in refused_lines(settings, paid).values()] == [("4.2E+27", LOST)]


def test_02_lost_leading_zeros_are_reported_where_the_contract_knows_the_width(settings: Settings) -> None:
    settings = land_cases(settings, "meituan_voucher_income_fees_negative")
    project = settings.home / "project"
    shutil.copytree(settings.contracts_dir, project / "contracts")
    with (project / "contracts" / "sources" / "till_utf8.yaml").open("a", encoding="utf-8") as contract:
        contract.write("widths: {product_code: 14}\n")
    settings = replace(settings, project_dir=project)
    day = "2026-03-08"
    codes = ["06932169358293", "6932169358293", "017097773783", "06932169358294"]
    rows = [till_row(n, at=f"{day} 10:00:00", product=code) for n, code in enumerate(codes)]
    land(settings, "till.csv", till_file(day, *rows).encode(), "S00102")
    files = load_counted(settings)
    till, vouchers = files["S00102/till.csv"], files["chain/meituan_voucher_income_fees_negative.csv"]
    assert counts_of(files, till["path"]) == ("loaded", 4, 0)
    assert loaded_values(settings, till, "product_id_source") == codes
    assert till["reason"] == (
        "2 cells of product_code are shorter than 14 characters, the first in line 4: leading zeros may be lost"
    )
    values = [value for _, value, *_ in refused_lines(settings, vouchers).values()]
    assert "17097773787 lost its leading zero" in values
    assert "17097773787" not in loaded_values(settings, vouchers, "voucher_id_source")


def test_03_guards_are_taken_off_and_counted(settings: Settings) -> None:
    day = "2026-03-08"
    codes = ["`1001", "\t1001\t", "'1001", '"=""1001"""', '="1001"', "1001\x1f", "O'Neil", "'s Morgens"]
    rows = [till_row(n, at=f"{day} 10:00:00", product=code) for n, code in enumerate(codes)]
    land(settings, "till.csv", till_file(day, *rows).encode(), "S00102")
    land_cases(settings, "wechatpay_all_27_columns", "alipay_trade_bill")
    files = load_counted(settings)
    till = files["S00102/till.csv"]
    assert counts_of(files, till["path"]) == ("loaded", 8, 0)
    assert loaded_values(settings, till, "product_id_source") == ["1001"] * 6 + ["O'Neil", "'s Morgens"]
    assert till["stripped_guards"] == 6
    assert files["S00101/wechatpay_all_27_columns.csv"]["stripped_guards"] == 4 * 27
    alipay = files["S00101/alipay_trade_bill.csv"]
    assert alipay["stripped_guards"] == bill_of("alipay_trade_bill").count("\t")
    assert loaded_values(settings, alipay, "order_id_source") == ["A-1", "A-2", "A-1"]


def test_05_a_bill_saved_again_in_excel_counts_or_says_what_was_lost(settings: Settings) -> None:
    lines = bill_of("wechatpay_all_27_columns").splitlines()
    quoted = io.StringIO()
    cells = [line.replace(",`", "\n`").split("\n") if line[0] == "`" else line.split(",") for line in lines]
    csv.writer(quoted, quoting=csv.QUOTE_ALL).writerows([*row, *[""] * (27 - len(row))] for row in cells)
    land(settings, "quoted.csv", quoted.getvalue().encode("utf-8-sig"))
    alipay = bill_of("alipay_trade_bill").replace("2026-03-08 11:00:05", "2026/3/8 11:00")
    land(settings, "minutes.csv", alipay.encode("gb18030"))
    padded = till_file("2026-03-08", till_row(1, at="2026-03-08 10:00:00"), "," * 12).replace("\n", ",,,\n", 1)
    land(settings, "padded.csv", padded.encode(), "S00102")
    files = load_counted(settings)
    assert counts_of(files, "S00101/quoted.csv") == ("loaded", 4, 0)
    assert files["S00101/quoted.csv"]["control_amount"] == Decimal("148.00")
    assert counts_of(files, "S00101/minutes.csv") == ("loaded", 2, 1)
    assert refused_lines(settings, files["S00101/minutes.csv"]) == {
        7: ("完成时间", "2026/3/8 11:00", NO_TIME,
            "Write it as time in the format of the contract, or mend formats in the contract"),
    }  # fmt: skip
    assert counts_of(files, "S00102/padded.csv") == ("loaded", 1, 1)


def test_06_commas_without_quotes_cost_their_line_and_bare_quotes_stay(settings: Settings) -> None:
    names = [('5" pipe', "5"), ("tea, large", "5"), ('"tea, large"', "5"), ('a "b" c', "5"), ('"tea', "5")]
    land(settings, "names.csv", template_file(*names).encode(), "S00103")
    bill = bill_of("wechatpay_all_27_columns").replace("`咖啡, 大杯", "咖啡, 大杯")
    land(settings, "bill.csv", bill.encode())
    files = load_counted(settings)
    template = files["S00103/names.csv"]
    assert counts_of(files, template["path"]) == ("loaded", 3, 2)
    assert loaded_values(settings, template, "product_id_source") == ['5" pipe', "tea, large", 'a "b" c']
    assert {line: reason for line, (_, _, reason, _) in refused_lines(settings, template).items()} == {
        3: "7 cells where the header has 6",
        6: "a quote opens and is never closed",
    }
    assert files["S00101/bill.csv"]["status"] == "refused"
    assert "promises 总交易单数 4.0, its readable lines come to 2" in files["S00101/bill.csv"]["reason"]


MONEY = {
    "￥5.00": "5.00", "¥5.00": "5.00", '"1,234.56"': "1234.56", '"￥1,234.56"': "1234.56", "5.000": "5.00",
    "1.26E+03": None, "548.58000000000004": None, "7.0000000000000007E-2": None, '"12,50"': None, "--": None,
    "-$45.00": None, "3.45(已退款3.45)": None, "5.005": None, "５.００": None,
}  # fmt: skip
"""Cells of money, and what a contract that reads thousands and the yuan sign makes of them."""


def test_12_money_is_read_exactly_or_refused_with_its_cell(settings: Settings) -> None:
    land(settings, "template.csv", template_file(*(("1001", cell) for cell in MONEY)).encode(), "S00103")
    day = "2026-03-08"
    rows = [till_row(n, at=f"{day} 10:00:00", amount=cell) for n, cell in enumerate(MONEY)]
    land(settings, "till.csv", till_file(day, *rows).encode(), "S00102")
    settings = land_cases(settings, "jd_orders", "square_items_24_columns")
    files = load_counted(settings)
    bare = [cell.strip('"') for cell in MONEY]
    template, till = files["S00103/template.csv"], files["S00102/till.csv"]
    assert loaded_values(settings, template, "net_sales_amount") == [amount for amount in MONEY.values() if amount]
    refused = refused_lines(settings, template)
    unread = {n: cell for n, (cell, amount) in enumerate(zip(bare, MONEY.values(), strict=True), start=2) if not amount}
    assert {line: value for line, (_, value, *_) in refused.items()} == unread | {14: "5.00500"}
    assert refused[7][0] == "gross_amount"
    assert refused[7][2] == "gross_amount is required and cannot be told from the cells that it is worked out from"
    assert loaded_values(settings, till, "net_sales_amount") == ["5.00"]
    assert {line: value for line, (_, value, *_) in refused_lines(settings, till).items()} == {
        n: cell for n, cell in enumerate(bare, start=3) if cell != "5.000"
    }
    assert {reason for _, _, reason, _ in refused_lines(settings, till).values()} == {NO_NUMBER}
    assert loaded_values(settings, files["S00101/jd_orders.csv"], "net_sales_amount")[0] == "41.93"
    square = files["S00101/square_items_24_columns.csv"]
    assert loaded_values(settings, square, "store_discount_amount")[0] == "45.00"


def test_13_refunds_are_negative_whatever_their_source_writes(settings: Settings) -> None:
    cases = {
        "wechatpay_all_27_columns": ("amount", "kind = 'refund'", ["-40.00"]),
        "wechatpay_fund_flow": ("amount", "kind = 'expense'", ["-0.60", "-40.00"]),
        "alipay_trade_bill": ("amount", "kind = 'refund'", ["-200.00"]),
        "sixun_saleflow": ("net_sales_amount", "net_sales_amount < 0", ["-12.50"]),
        "pospal_api_tickets": ("net_sales_amount", "kind = 'refund'", ["-15.76"]),
        "pospal_tickets": ("net_sales_amount", "kind = 'refund'", ["-50.00"]),
        "loyverse_receipts_month_first": ("net_sales_amount", "kind = 'refund'", ["-180.00"]),
        "square_items_24_columns": ("net_sales_amount", "quantity < 0", ["-4.00"]),
    }
    settings = land_cases(settings, *cases)
    files = load_counted(settings)
    for case, (column, condition, wanted) in cases.items():
        kept = loaded_values(settings, files[f"S00101/{case}.csv"], f"case when {condition} then {column} end")
        assert [value for value in kept if value] == wanted, case


def test_14_fen_and_yuan_are_told_by_the_contract(settings: Settings) -> None:
    settings = land_cases(settings, "media_tencent_ads", "media_tencent_ads_console")
    files = load_counted(settings)
    api, console = files["S00101/media_tencent_ads.csv"], files["S00101/20260308.csv"]
    assert loaded_values(settings, api, "cost_amount") == ["1234.56", "0.00", "0.05"]
    assert loaded_values(settings, console, "cost_amount") == ["1234.56", "0.00"]
    ((column, value, reason, _),) = refused_lines(settings, api).values()
    assert (column, value) == ("cost_amount", "12.34")
    assert "cost_amount is required and cannot be told" in reason


def test_15_dates_are_never_guessed(settings: Settings) -> None:
    day = "2026-03-08"
    forms = [
        "42870", "42870.5", f"{day} 10:42:00 下午", "上午 10:42", f"{day} 10:42:00 PM", "2026/3/8 9:00", f"{day} 9:00",
        f"{day} 16：33：45", "２０２６-03-08 10:00:00", "〔2026-03-08〕 10:00:00", "03/08/2026 10:00:00",
        "08.03.2026 10:00:00", f"{day} 10:00", f"{day}T10:00:00", f"{day} 25:00:00", "2026-02-29 10:00:00",
    ]  # fmt: skip
    rows = [till_row(n, at=form) for n, form in enumerate([*forms, f"{day} 10:00:00"])]
    land(settings, "forms.csv", till_file(day, *rows).encode(), "S00102")
    new_year = [till_row(f"y{n}", at=at) for n, at in enumerate(["2025-12-31 23:59:59", "2026-01-01 00:00:00"])]
    land(settings, "new_year.csv", till_file("2025-12-31", *new_year, until="2026-01-01").encode(), "S00102")
    serial = f"{WORKBOOK}\nS00104,1,1,42870,1001,1,5,0,0,0,5,CNY,\n"
    title = "Store S00104 | 2017-05-15 to 2017-05-15\n"
    land(settings, "serial.xlsx", as_workbook(title + serial, ["Date and time"]), "S00104")
    settings = land_cases(
        settings, "loyverse_receipts_dates_unproven", "wechatpay_all_27_columns", "member_list_vip_cards_7_columns"
    )
    files = load_counted(settings)
    assert counts_of(files, "S00102/forms.csv") == ("loaded", 1, len(forms))
    refused = refused_lines(settings, files["S00102/forms.csv"])
    assert {line: row[1:3] for line, row in refused.items()} == {
        n: (form, NO_TIME) for n, form in enumerate(forms, start=3)
    }
    days = loaded_values(settings, files["S00102/new_year.csv"], "business_date::varchar")
    assert days == ["2025-12-31", "2026-01-01"]
    assert refused_lines(settings, files["S00104/serial.xlsx"])[3][1:3] == ("42870", NO_TIME)
    unproven = refused_lines(settings, files["S00101/loyverse_receipts_dates_unproven.csv"])
    assert [row[1] for row in unproven.values()] == ["01/12/2025 14:05", "02/03/2025 14:05"]
    wechat = loaded_values(settings, files["S00101/wechatpay_all_27_columns.csv"], "paid_at::varchar")
    assert wechat[1] == "2026-03-08 13:03:09"
    cards = loaded_values(settings, files["S00101/member_list_vip_cards_7_columns.csv"], "joined_date::varchar")
    assert cards[1] == "2024-06-01"


def test_19_padding_brackets_masks_and_marks_of_emptiness_are_no_values(settings: Settings) -> None:
    settings = land_cases(
        settings, "sixun_saleflow", "meituan_voucher_income_fees_negative", "member_list_vip_cards_7_columns",
        "media_tencent_ads_console",
    )  # fmt: skip
    cells = ["-", "--", "/", "null", " ", "5.00 "]
    land(settings, "marks.csv", template_file(*(("1001", cell) for cell in cells)).encode(), "S00103")
    files = load_counted(settings)
    padded = files["S00101/sixun_saleflow.csv"]
    assert loaded_values(settings, padded, "product_id_source") == ["06932169358293", "000017", "06932169358293"]
    vouchers = files["chain/meituan_voucher_income_fees_negative.csv"]
    assert loaded_values(settings, vouchers, "store_id") == ["S00101", "S00101", "S00102"]
    assert loaded_values(settings, vouchers, "merchant_subsidy_amount")[2] == "0.00"
    cards = files["S00101/member_list_vip_cards_7_columns.csv"]
    assert [bool(phone) for phone in loaded_values(settings, cards, "phone_token")] == [True, True, False, False]
    marks = files["S00103/marks.csv"]
    assert counts_of(files, marks["path"]) == ("loaded", 1, 5)
    assert [row[1] for row in refused_lines(settings, marks).values()] == ["-", "--", "/", "null", " "]
