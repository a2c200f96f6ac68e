"""Files that are not what they seem: encodings, layouts, totals, parts, containers.

Each test is named after one known trouble with exported files, continuing test_nasties.py.
"""

from __future__ import annotations

import gzip
import io
import re
import tracemalloc
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loopmart.ingest import containers, discover
from loopmart.settings import Settings
from tests.golden.containers import as_workbook, zip_with_gbk_names
from tests.integration.landing import land
from tests.integration.nasties import (
    TILL,
    WORKBOOK,
    bill_of,
    counts_of,
    land_cases,
    load_counted,
    loaded_values,
    refused_lines,
    template_file,
    till_row,
    two_rows,
    workbook_of,
)

pytestmark = pytest.mark.integration

ZEROS = "it holds zero bytes: it is no text, or UTF-16 without its byte order mark"


def day_of(number: int) -> str:
    """A day of its own for each file."""
    return f"2026-03-{number:02d}"


def test_04_every_encoding_gives_the_same_rows_and_none_is_guessed(settings: Settings) -> None:
    bill = bill_of("alipay_trade_bill")
    encodings = {"gbk": "gb18030", "bom": "utf-8-sig", "plain": "utf-8", "utf16": "utf-16", "bare16": "utf-16-le"}
    for number, (name, encoding) in enumerate(encodings.items()):
        own = bill.replace("20260308220010", f"2026030822{number}010").replace("re_1", f"re_{number}")
        land(settings, f"{name}.csv", own.encode(encoding))
    files = load_counted(settings)
    for name in ("gbk", "bom", "plain", "utf16"):
        assert counts_of(files, f"S00101/{name}.csv") == ("loaded", 3, 0)
        assert loaded_values(settings, files[f"S00101/{name}.csv"], "status") == ["交易", "交易", "退款"]
    assert counts_of(files, "S00101/bare16.csv") == ("refused", 0, 0)
    assert ZEROS in files["S00101/bare16.csv"]["reason"]


def test_07_a_layout_that_drifted_is_refused_with_both_lists_and_columns_are_found_by_name(settings: Settings) -> None:
    title = "# Store S00102, 2026-03-08 to 2026-03-08"
    row = till_row(1, at="2026-03-08 10:00:00")
    extra = "\n".join([title, f"{TILL},Cashier", f"{row},Op"]) + "\n"
    renamed = "\n".join([title, TILL.replace("net_amount", "net_total"), row]) + "\n"
    turned = "\n".join([title, *(",".join(reversed(line.split(","))) for line in (TILL, row))]) + "\n"
    for name, text in (("extra", extra), ("renamed", renamed), ("turned", turned)):
        land(settings, f"{name}.csv", text.encode(), "S00102")
    files = load_counted(settings)
    nearly = "the header is nearly that of till_utf8: missing columns "
    assert re.match(nearly + "[^a-z]*, extra columns .*Cashier", files["S00102/extra.csv"]["reason"])
    assert re.match(nearly + ".*net_amount.*, extra columns .*net_total", files["S00102/renamed.csv"]["reason"])
    assert counts_of(files, "S00102/turned.csv") == ("loaded", 1, 0)
    assert loaded_values(settings, files["S00102/turned.csv"], "product_id_source") == ["1001"]


def test_08_types_of_bill_are_told_apart_by_their_columns(settings: Settings) -> None:
    kinds = {
        "wechatpay_all_27_columns": ("wechatpay_trade_bill", 4, "148.00"),
        "wechatpay_success_20_columns": ("wechatpay_trade_bill", 2, "188.00"),
        "wechatpay_refund_29_columns": ("wechatpay_refund_bill", 1, "-40.00"),
        "wechatpay_fund_flow": ("wechatpay_fund_flow_bill", 4, "59.64"),
    }
    for number, case in enumerate(kinds):
        own = bill_of(case).replace("`42000000", f"`4200000{number}").replace("`50000000", f"`5000000{number}")
        land(settings, f"{case}.csv", own.encode())
    success, rows = bill_of("wechatpay_success_20_columns").splitlines(), bill_of("wechatpay_all_27_columns")
    mixed = [rows.splitlines()[0], rows.splitlines()[1], success[2], *success[3:]]
    land(settings, "not_aligned.csv", ("\n".join(mixed) + "\n").encode())
    files = load_counted(settings)
    for case, (source, count, amount) in kinds.items():
        file = files[f"S00101/{case}.csv"]
        assert (file["source"], file["loaded_rows"], file["quarantined_rows"]) == (source, count, 0)
        assert file["control_amount"] == Decimal(amount)
    assert files["S00101/not_aligned.csv"]["status"] == "refused"
    assert "promises 总交易单数 2, its readable lines come to 1" in files["S00101/not_aligned.csv"]["reason"]


def test_09_a_blank_in_the_trailer_and_an_empty_bill_are_read_and_an_error_is_told(settings: Settings) -> None:
    land(settings, "blank.csv", (bill_of("wechatpay_all_27_columns").rstrip("\n") + " \n").encode())
    land(settings, "empty.csv", bill_of("wechatpay_empty_day").encode())
    land(settings, "error.csv", b"<xml><return_code>FAIL</return_code><return_msg>No Bill Exist</return_msg></xml>")
    files = load_counted(settings)
    assert counts_of(files, "S00101/blank.csv") == ("loaded", 4, 0)
    assert counts_of(files, "S00101/empty.csv") == ("loaded", 0, 0)
    assert files["S00101/empty.csv"]["line_count"] == 3
    assert counts_of(files, "S00101/error.csv") == ("refused", 0, 0)
    assert "return_code FAIL, return_msg No Bill Exist" in files["S00101/error.csv"]["reason"]


TOTALS = {
    "wechatpay_all_27_columns": ("`188.00,`40", "`188.01,`40", "应结订单总金额 188.01, its readable lines come to 188"),
    "alipay_trade_bill": ("1,230.56元", "1,230.57元", "共1,230.57元 1,230.57, its readable lines come to 1230.56"),
    "media_sogou": ("--,30.75", "--,30.76", "消耗 30.76, its readable lines come to 30.75"),
    "allinpay_daily_totals": (
        "汇总,,1231.50",
        "汇总,,1231.51",
        "成功交易金额 1231.51, its readable lines come to 1231.5",
    ),
}
"""Totals at the end, in prose, in the second row, among the data: what stands there, a wrong figure, what is said."""


def test_10_totals_are_no_records_and_are_compared_wherever_they_stand(settings: Settings) -> None:
    settings = land_cases(settings, *TOTALS, "pospal_tickets")
    for case, (right, wrong, _) in TOTALS.items():
        assert right in bill_of(case)
        land(settings, f"wrong {case}.csv", bill_of(case).replace(right, wrong).encode())
    files = load_counted(settings)
    filtered = {f["source"]: f["filtered_rows"] for f in files.values() if f["filtered_rows"]}
    assert filtered == {"sogou_report": 1, "allinpay_daily_totals": 1, "pospal_tickets": 2}
    for case, (_, _, said) in TOTALS.items():
        right = next(f for path, f in files.items() if path.endswith(f"/{case}.csv"))
        assert right["status"] == "loaded", right["reason"]
        assert files[f"S00101/wrong {case}.csv"]["status"] == "refused"
        assert said in files[f"S00101/wrong {case}.csv"]["reason"], case


def test_11_a_header_is_found_below_titles_and_sheets_with_the_same_rows_are_read_once(settings: Settings) -> None:
    title = ["Store S00104 | 2026-03-08 to 2026-03-08"]
    rows = [f"S00104,{n},1,2026-03-08 10:00:00,1001,1,5,0,0,0,5,CNY,".split(",") for n in range(3)]
    header = WORKBOOK.split(",")
    notes = [["any note"]]
    land(settings, "same.xlsx", workbook_of(notes, [title, header, *rows[:2]], [title, header, *rows[:2]]), "S00104")
    land(settings, "other.xlsx", workbook_of([title, header, *rows[:2]], [title, header, rows[2]]), "S00104")
    files = load_counted(settings)
    assert counts_of(files, "S00104/same.xlsx") == ("loaded", 2, 0)
    assert files["S00104/same.xlsx"]["line_count"] == 6
    assert counts_of(files, "S00104/other.xlsx") == ("refused", 0, 0)
    assert files["S00104/other.xlsx"]["reason"] == "sheets 1 and 2 hold different rows of till_xlsx"


def test_16_zero_bytes_and_carriage_returns_hide_no_line(settings: Settings) -> None:
    land(settings, "zero.csv", two_rows(day_of(1)).encode().replace(b"1001", b"10\x0001", 1), "S00102")
    land(settings, "returns.csv", two_rows(day_of(2)).encode().replace(b"\n", b"\r"), "S00102")
    land(settings, "mixed.csv", two_rows(day_of(3)).encode().replace(b"\n", b"\r\n", 2), "S00102")
    land(settings, "utf16.csv", two_rows(day_of(4)).encode("utf-16-le"), "S00102")
    files = load_counted(settings)
    for name in ("zero", "returns", "mixed"):
        assert counts_of(files, f"S00102/{name}.csv") == ("loaded", 2, 0)
        assert files[f"S00102/{name}.csv"]["line_count"] == 4
    assert loaded_values(settings, files["S00102/zero.csv"], "product_id_source") == ["10\ufffd01", "1001"]
    assert ZEROS in files["S00102/utf16.csv"]["reason"]


def test_17_partial_files_are_refused_with_both_figures_and_ragged_rows_cost_themselves(settings: Settings) -> None:
    bill = bill_of("wechatpay_all_27_columns").splitlines(keepends=True)
    land(settings, "row_lost.csv", "".join([*bill[:2], *bill[3:]]).encode())
    land(settings, "cut.csv", "".join(bill)[: len("".join(bill[:4]))].encode())
    land_cases(settings, "wechatpay_fund_flow_partial")
    row = till_row(9, at=f"{day_of(5)} 10:00:00")
    land(settings, "ragged.csv", (two_rows(day_of(5)) + f"{row[:20]}\n{row},,,\n\n").encode(), "S00102")
    files = load_counted(settings)
    assert "promises 总交易单数 4.0, its readable lines come to 3" in files["S00101/row_lost.csv"]["reason"]
    assert "does not name the totals, so the file is not complete" in files["S00101/cut.csv"]["reason"]
    assert (
        "promises 资金流水总笔数 3, its readable lines come to 2"
        in files["S00101/wechatpay_fund_flow_partial.csv"]["reason"]
    )
    ragged = files["S00102/ragged.csv"]
    assert (counts_of(files, ragged["path"]), ragged["blank_lines"]) == (("loaded", 2, 2), 1)
    assert {line: reason for line, (_, _, reason, _) in refused_lines(settings, ragged).items()} == {
        5: "4 cells where the header has 13",
        6: "16 cells where the header has 13",
    }


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_20_zips_lead_nowhere_and_their_names_are_read_as_gbk(settings: Settings) -> None:
    slip = io.BytesIO()
    names = ["../../x.csv", "/etc/y.csv", "..\\..\\z.csv", "same.csv", "same.csv", "a\x1b[31m\n.csv"]
    with zipfile.ZipFile(slip, "w") as archive:
        for number, name in enumerate(names, start=1):
            info = zipfile.ZipInfo("any")
            info.filename = name
            archive.writestr(info, two_rows(day_of(number)))
    land(settings, "slip.zip", slip.getvalue(), "S00102")
    land(settings, "gbk.zip", zip_with_gbk_names({"账单/明细.csv": two_rows(day_of(7)).encode()}), "S00102")
    locked = bytearray(zip_with_gbk_names({"locked.csv": two_rows(day_of(8)).encode()}))
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.find(header) + flags] |= 1
    land(settings, "locked.zip", bytes(locked), "S00102")
    land(settings, "nested.zip", zip_with_gbk_names({"inner.zip": slip.getvalue()}), "S00102")
    before = list_files(settings.home.parent)
    files = load_counted(settings)
    shown = {path: counts_of(files, path) for path in files}
    assert shown == {
        f"S00102/{path}": counts
        for path, counts in {
            "slip.zip!/x.csv": ("loaded", 2, 0),
            "slip.zip!/etc/y.csv": ("loaded", 2, 0),
            "slip.zip!/z.csv": ("loaded", 2, 0),
            "slip.zip!/same.csv": ("loaded", 2, 0),
            "slip.zip!/same.csv (2)": ("loaded", 2, 0),
            "slip.zip!/a\ufffd[31m\ufffd.csv": ("loaded", 2, 0),
            "gbk.zip!/账单/明细.csv": ("loaded", 2, 0),
            "locked.zip": ("refused", 0, 0),
            "nested.zip!/inner.zip": ("refused", 0, 0),
        }.items()
    }
    assert loaded_values(settings, files["S00102/slip.zip!/same.csv (2)"], "order_id_source")[0] == "2026-03-05-1"
    assert files["S00102/locked.zip"]["reason"] == "the zip is encrypted"
    assert files["S00102/nested.zip!/inner.zip"]["reason"] == "a zip within the zip"
    assert {p for p in list_files(settings.home.parent) - before if p.suffix == ".csv"} == set()


def list_files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_20_a_bomb_costs_no_memory_and_a_file_over_the_limit_is_not_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 1_000_000
    monkeypatch.setattr(containers, "MAX_CONTENT_BYTES", limit)
    zeros = b"0" * (50 * limit)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.csv", zeros)
    land(settings, "bomb.zip", zipped.getvalue(), "S00102")
    land(settings, "bomb.csv.gz", gzip.compress(zeros), "S00102")
    land(settings, "inner.zip", zip_with_gbk_names({"bomb.csv": gzip.compress(zeros)}), "S00102")
    land(settings, "large.csv", zeros, "S00102")
    land(settings, "good.csv", two_rows(day_of(1)).encode(), "S00102")
    del zeros
    tracemalloc.start()
    files = load_counted(settings)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    refused = {path.partition("/")[2]: f["reason"] for path, f in files.items() if f["status"] == "refused"}
    assert refused.keys() == {"bomb.zip", "bomb.csv.gz", "inner.zip!/bomb.csv", "large.csv"}
    assert all(reason.startswith("the content has more than 1,000,000 bytes") for reason in refused.values())
    assert counts_of(files, "S00102/good.csv") == ("loaded", 2, 0)
    assert peak < 30 * limit


def test_20_content_decides_what_a_file_is_and_links_are_not_followed(settings: Settings, tmp_path: Path) -> None:
    land(settings, "gzip.csv", gzip.compress(two_rows(day_of(1)).encode()), "S00102")
    land(settings, "page.csv", b"<!DOCTYPE html><html><title>502 Bad Gateway</title></html>", "S00102")
    row = f"{WORKBOOK}\nS00104,1,1,2026-03-08 10:00:00,1001,1,5,0,0,0,5,CNY,\n"
    land(settings, "workbook.csv", as_workbook("Store S00104 | 2026-03-08 to 2026-03-08\n" + row), "S00104")
    secret = tmp_path / "secret.csv"
    secret.write_text(two_rows(day_of(2)), encoding="utf-8")
    (settings.landing_dir / "S00102" / "link.csv").symlink_to(secret)
    long_rows = [till_row("long", at=f"{day_of(3)} 10:00:00", product="x" * (3 << 20))]
    land(settings, "cell.csv", (two_rows(day_of(3)) + long_rows[0] + "\n").encode(), "S00102")
    files = load_counted(settings)
    assert counts_of(files, "S00102/gzip.csv") == ("loaded", 2, 0)
    assert counts_of(files, "S00104/workbook.csv") == ("loaded", 1, 0)
    assert "title 502 Bad Gateway" in files["S00102/page.csv"]["reason"]
    assert files["S00102/link.csv"]["reason"] == "it is a symbolic link"
    assert counts_of(files, "S00102/cell.csv") == ("loaded", 2, 1)
    ((_, value, reason, _),) = refused_lines(settings, files["S00102/cell.csv"]).values()
    assert value is None
    assert reason.startswith("the line has 3,145,")


def test_20_a_file_that_is_still_being_written_is_left_until_it_rests(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = template_file(*(("1001", "5.00") for _ in range(4)))
    half = len(text) // 2
    land(settings, "growing.csv", text[:half].encode(), "S00103")
    path = settings.landing_dir / "S00103" / "growing.csv"
    look = discover.recognise

    def recognise_while_it_grows(*arguments: Any) -> Any:
        with path.open("a", encoding="utf-8") as file:
            file.write(text[half:])
        return look(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(discover, "recognise", recognise_while_it_grows)
        assert load_counted(settings) == {}
    assert counts_of(load_counted(settings), "S00103/growing.csv") == ("loaded", 4, 0)
