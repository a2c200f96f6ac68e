"""The unpacker on a tiny package: 25 stores, two lines each, a few more where a rule needs them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
import zipfile
import zlib
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from loopmart.contracts.feeds import load_feeds
from loopmart.contracts.senders import load_senders
from loopmart.contracts.sources import load_sources
from loopmart.ingest.recognise import fits, recognise
from tests.conftest import PROJECT

sys.path.insert(0, str(PROJECT / "scripts"))
import demo_bills
import demo_payments
import unpack_complete_journey as unpacker

STORES = 25


def tiny_transactions() -> pd.DataFrame:
    """Store 1 sells most; nearly all at 03:00 UTC on 2 January 2017, which is still 1 January there."""
    rows = []
    for store in range(1, STORES + 1):
        for line in range(2 + (STORES - store)):
            rows.append((store, store, 1000 + store, 5000 + line, 1, 1.25, 0.30, 0.10, 0.05, "2017-01-02 03:00:00"))
    rows.append((1, 1, 2000, 5000, 0, 0.1, 0.2, 0.0, 0.0, "2017-01-04 12:00:00"))  # none on the 2nd and 3rd
    rows.append((25, 25, 2001, 5000, 2, 9.99, 0.0, 0.0, 0.0, "2017-03-10 12:00:00"))  # none in February
    names = (
        "household_id store_id basket_id product_id quantity sales_value retail_disc coupon_disc "
        "coupon_match_disc transaction_timestamp"
    )
    frame = pd.DataFrame(rows, columns=names.split())
    return frame.assign(transaction_timestamp=pd.to_datetime(frame["transaction_timestamp"]))


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    day = pd.Timestamp("2017-01-01")
    tables = {
        "transactions": tiny_transactions(),
        "products": {
            "product_id": [5000, 5001], "manufacturer_id": [1, 2], "department": ["GROCERY", "DELI"],
            "brand": ["National", "Private"], "product_category": ['SAUCE, "HOT"', None],
            "product_type": ["SAUCE", None], "package_size": ["1 L", None],
        },
        "demographics": {
            "household_id": [2], "age": ["65+"], "income": ["35-49K"], "home_ownership": [None],
            "marital_status": ["Married"], "household_size": ["2"], "household_comp": ["2 Adults No Kids"],
            "kids_count": ["0"],
        },
        "campaigns": {"campaign_id": [1, 1, 2], "household_id": [1, 2, 3]},
        "campaign_descriptions": {
            "campaign_id": [1, 2, 3], "campaign_type": ["Type B", "Type A", "Type C"],
            "start_date": [day] * 3, "end_date": [day + timedelta(30)] * 3,
        },
        "coupons": {"coupon_upc": [51, 51], "product_id": [5000, 5001], "campaign_id": [1, 1]},
        "coupon_redemptions": {
            "household_id": [1], "coupon_upc": [51], "campaign_id": [1], "redemption_date": [day],
        },
    }  # fmt: skip
    for name, table in tables.items():
        pd.DataFrame(table).to_parquet(folder / f"{name}.parquet")
    return folder


def unpack(package: Path, home: Path, *options: str) -> int:
    arguments = ["--package-dir", str(package), "--out", str(home / "landing")]
    return int(unpacker.main([*arguments, "--stores-file", str(home / "stores.csv"), *options]))


@pytest.fixture(scope="module")
def planted(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("planted")
    assert unpack(package, home) == 0
    return home


@pytest.fixture(scope="module")
def clean(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("clean")
    assert unpack(package, home, "--clean") == 0
    return home


def bytes_below(home: Path) -> dict[str, bytes]:
    return {str(p.relative_to(home)): p.read_bytes() for p in sorted(home.rglob("*")) if p.is_file()}


def sales_rows(path: Path) -> list[list[str]]:
    """Header and lines of a sales file of any dialect, as text."""
    if path.suffix == ".xlsx":
        cells = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
        return [[str(cell) for cell in row] for row in cells[1:]]
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    if "销售明细" in path.name:
        rows = list(csv.reader(io.StringIO(raw.decode("gbk"), newline="")))
        assert rows[-1][0] == "合计"
        return rows[1:-1]
    delimiter = ";" if path.name.startswith("journal") else ","
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=delimiter))[1:]


def sales_files(home: Path) -> list[Path]:
    return [p for p in sorted((home / "landing").glob("S*/*")) if p.name != "cardholders.csv"]


def test_every_receipt_line_is_sent_once_and_no_cent_is_lost(clean: Path) -> None:
    money: list[Decimal] = []
    receipts = set()
    for path in sales_files(clean):
        header, *rows = sales_rows(path)
        net = next(i for i, name in enumerate(header) if name in ("net_amount", "实收金额", "Total", "Net"))
        money += [Decimal(row[net].replace(",", ".")) for row in rows]
        receipts |= {(row[0], row[1], row[2].removesuffix(".0")) for row in rows}
    source = tiny_transactions()
    assert len(money) == len(receipts) == len(source)
    assert sum(money) == sum(Decimal(str(value)) for value in source["sales_value"])


def test_all_four_dialects_are_spoken(clean: Path) -> None:
    with (clean / "stores.csv").open() as lines:
        owes = {row["owes"] for row in csv.DictReader(lines)}
    assert {entry.split(":")[0] for entry in owes if entry} == set(unpacker.TILLS)
    assert {"till_utf8:day", "till_utf8:month", "till_xlsx:month"} <= owes


def test_the_registry_is_read_and_no_store_owes_a_file_after_the_data_ends(clean: Path) -> None:
    contracts = PROJECT / "contracts"
    senders = load_senders(clean / "stores.csv", load_sources(contracts, load_feeds(contracts)))
    last_day = max(found[0] for path in sales_files(clean) for found in re.finditer(r"\d{4}-\d{2}-\d{2}", path.name))
    untils = {sender_id: str(sender.until) for sender_id, sender in senders.items() if sender.dues}
    assert max(untils.values()) == last_day
    assert min(untils.values()) < last_day  # a store that closed before
    assert len(untils) == STORES


def test_a_sale_lies_on_the_stores_own_day(clean: Path) -> None:
    _, first, *_ = sales_rows(clean / "landing/S00001/sales_2017-01-01.csv")
    assert first[:4] == ["S00001", "1001", "1", "2017-01-01 22:00:00"]


def test_a_period_without_a_sale_is_a_file_that_says_so(clean: Path) -> None:
    day = (clean / "landing/S00001/sales_2017-01-02.csv").read_text().splitlines()
    assert len(day) == 2
    assert day[0] == "# Store 1, 2017-01-02 to 2017-01-02"
    months = [path for path in sales_files(clean) if path.parent.name == "S00025"]
    assert [len(sales_rows(path)) - 1 for path in months] == [2, 0, 1]


def test_no_two_files_have_the_same_content(clean: Path) -> None:
    contents = list(bytes_below(clean / "landing").values())
    assert len(set(contents)) == len(contents)


def test_the_totals_line_of_the_gbk_till_promises_what_stands_above_it(clean: Path) -> None:
    text = (clean / "landing/S00002/销售明细_20170101.csv").read_bytes().decode("gbk")
    assert text.endswith("\r\n")
    lines = text.split("\r\n")[:-1]
    data = [line.split(",") for line in lines[2:-1]]
    total = dict(zip(lines[1].split(","), lines[-1].split(","), strict=True))
    assert total["行号"] == str(len(data))
    assert Decimal(total["实收金额"]) == sum(Decimal(row[10]) for row in data)


def test_a_workbook_keeps_ids_as_text_and_times_as_times(clean: Path) -> None:
    path = next(path for path in sales_files(clean) if path.suffix == ".xlsx")
    title, _, first, *_ = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert title[1] == "2017-01-01 to 2017-01-31"
    assert first[3] == datetime(2017, 1, 1, 22)
    assert isinstance(first[1], str)
    assert first[6:11] == [1.60, 0.30, 0.05, 0.10, 1.25]


def test_the_same_call_gives_the_same_bytes(package: Path, planted: Path, tmp_path: Path) -> None:
    assert unpack(package, tmp_path) == 0
    assert bytes_below(tmp_path) == bytes_below(planted)


def test_no_clock_is_read_into_a_file(planted: Path) -> None:
    packed = [path for path in sales_files(planted) if path.suffix == ".gz"]
    assert {path.read_bytes()[4:8] for path in packed} == {bytes(4)}
    book = next(path for path in sales_files(planted) if path.suffix == ".xlsx")
    with zipfile.ZipFile(book) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2018-01-02" in parts.read("docProps/core.xml")


def test_a_second_call_writes_nothing(package: Path, planted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in planted.rglob("*")}
    assert unpack(package, planted) == 0
    assert {path: path.stat().st_mtime_ns for path in planted.rglob("*")} == before
    assert "written by this call: 0" in capsys.readouterr().out


def test_a_call_after_a_killed_one_finishes_the_work(
    package: Path, planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_write, calls = unpacker.write_whole, []

    def write_until_killed(path: Path, data: bytes) -> bool:
        calls.append(path)
        if len(calls) > 20:
            raise KeyboardInterrupt
        return bool(real_write(path, data))

    monkeypatch.setattr(unpacker, "write_whole", write_until_killed)
    with pytest.raises(KeyboardInterrupt):
        unpack(package, tmp_path)
    monkeypatch.undo()
    whole = {path: path.stat().st_mtime_ns for path in (tmp_path / "landing").rglob("*") if path.is_file()}
    assert whole
    assert unpack(package, tmp_path) == 0
    assert {path: path.stat().st_mtime_ns for path in whole} == whole, "files that were whole are written again"
    assert bytes_below(tmp_path) == bytes_below(planted)


def test_clean_and_planted_are_not_mixed_in_one_folder(package: Path, planted: Path) -> None:
    before = bytes_below(planted)
    assert unpack(package, planted, "--clean") == 2
    assert bytes_below(planted) == before


def test_another_registry_is_never_overwritten(package: Path, tmp_path: Path) -> None:
    (tmp_path / "stores.csv").write_text("sender_id\nmine\n")
    assert unpack(package, tmp_path) == 2
    assert (tmp_path / "stores.csv").read_text() == "sender_id\nmine\n"
    assert not (tmp_path / "landing").exists()


def test_planted_rubbish_changes_one_good_file_and_no_good_line(clean: Path, planted: Path) -> None:
    good, dirty = (
        {path: content for path, content in bytes_below(home / "landing").items() if not is_of_payments(path)}
        for home in (clean, planted)
    )
    notes = json.loads((planted / "planted.json").read_text())["files"]
    spoiled = {note["path"] for note in notes if "line" in note["expected"]}
    assert {path for path in good if good[path] != dirty[path]} == spoiled
    assert set(dirty) - set(good) == {note["path"] for note in notes} - spoiled
    for path in spoiled:
        lines, dirty_lines = good[path].decode().splitlines(), dirty[path].decode().splitlines()
        bad = [dirty_lines[4], dirty_lines[5], dirty_lines[-1]]
        assert dirty_lines[:4] + dirty_lines[6:-1] == lines
        assert "see note" in bad[0]
        assert bad[2] == lines[2]


def is_of_payments(path: str) -> bool:
    """Whether a file tells tenders or is a bill."""
    return path.startswith(("chain/tenders_", "chain/1230000001All", "chain/2088000000000156_"))


def test_each_receipt_has_tenders_and_some_have_breaks(clean: Path, planted: Path) -> None:
    for home in (clean, planted):
        tenders = [
            row
            for path in sorted((home / "landing/chain").glob("tenders_*.csv"))
            for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
        ]
        paid = sum(Decimal(row["金额"]) for row in tenders if not row["金额"].startswith("-"))
        source = tiny_transactions()
        assert paid == sum(Decimal(str(value)) for value in source["sales_value"])
        assert {(row["门店"], row["小票号"]) for row in tenders} == {
            (f"S{store:05d}", str(basket))
            for store, basket in zip(source["store_id"], source["basket_id"], strict=True)
        }
    assert not (clean / "planted.json").exists()
    breaks = json.loads((planted / "planted.json").read_text())["breaks"]
    assert breaks
    assert {b["class"] for b in breaks} <= set(demo_payments.BREAKS)


def test_planted_rubbish_is_what_the_notes_say(planted: Path) -> None:
    notes = json.loads((planted / "planted.json").read_text())["files"]
    by_what = {note["what"]: planted / "landing" / note["path"] for note in notes}
    truncated = by_what["a re-send cut off in the middle of its gzip stream"]
    with pytest.raises((EOFError, zlib.error)):
        gzip.decompress(truncated.read_bytes())
    assert by_what["an empty file"].read_bytes() == b""
    copied = by_what["the same bytes as its neighbour"]
    assert copied.read_bytes() == copied.with_name(copied.name.replace("_copy", "")).read_bytes()
    header, *_ = sales_rows(by_what["a re-send without the column net_amount"])
    assert set(unpacker.TILLS["till_utf8"].header) - set(header) == {"net_amount"}


def test_assumed_spend_is_said_to_be_assumed(clean: Path) -> None:
    note, header, *lines = (clean / "landing/chain/campaign_spend.csv").read_text().splitlines()
    assert note.startswith("# ASSUMPTION")
    assert header == "campaign_id,spend_item,amount,currency,basis"
    assert lines == [
        "1,design,250.00,USD,assumed",
        "1,mailing,1.20,USD,assumed",
        "2,design,250.00,USD,assumed",
        "2,mailing,0.95,USD,assumed",
        "3,design,250.00,USD,assumed",
    ]


def test_a_card_holder_stands_on_the_list_of_the_first_store(clean: Path) -> None:
    _, first = (clean / "landing/S00002/cardholders.csv").read_text().splitlines()
    assert first == "S00002,VIP0000002,65+,35-49K,,Married,2,2 Adults No Kids,0"


def test_every_header_that_is_sent_stands_in_a_contract() -> None:
    known = load_sources(PROJECT / "contracts", load_feeds(PROJECT / "contracts"))
    for source, till in unpacker.TILLS.items():
        assert any(fits(till.header, header) for header in known[source].header)
    chain = [header for header, _ in unpacker.CHAIN_FILES.values()]
    bills = [demo_bills.TENDER_HEADER, demo_bills.WECHAT_HEADER, demo_bills.ALIPAY_HEADER, demo_bills.SUMMARY_HEADER]
    for text in [*chain, *bills, unpacker.CARDHOLDER_HEADER, unpacker.REDEMPTION_HEADER]:
        assert recognise(text.encode() + b"\n", known.values()).header_line == 1
