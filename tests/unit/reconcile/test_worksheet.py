"""Worksheets of open breaks: what stands in them, what may be written, and that the contract knows every heading."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import pytest
import python_calamine

from loopmart.contracts.feeds import load_feeds
from loopmart.contracts.sources import load_sources
from loopmart.errors import LoopmartError
from loopmart.ingest.recognise import recognise
from loopmart.reconcile.words import CLASSES, COLUMNS, DECISIONS, FILLED, GUIDE
from loopmart.reconcile.worksheet import HEADER_ROW, Language, write_worksheets
from loopmart.settings import Settings
from tests.conftest import PROJECT

BREAKS = """
    create table stores as from (values ('S1', 'Riverside'), ('S2', 'Old Town')) t(store_id, store_name);
    create table ops.publication as select date '2026-04-30' as as_of_date;
    create table payment_reconciliation as from (values
        ('R-3', 'S1', date '2026-04-30', 'wechat', 'long', 'open', 10.00, 12.00, 'CNY', 0, 'S1-3', 'wechat-payment-3'),
        ('R-1', 'S1', date '2026-04-29', 'wechat', 'missing_in_bill', 'open', 30.00, 0.00, 'CNY', 1, '=S1-1', null),
        ('R-2', 'S1', date '2026-04-29', 'wechat', 'short', 'accepted', 5.00, 4.00, 'CNY', 1, 'S1-2', 'w-2'),
        ('R-4', 'S1', date '2026-04-30', 'wechat', 'matched', 'closed', 5.00, 5.00, 'CNY', null, 'S1-4', 'w-4'),
        ('R-5', 'S2', date '2026-04-30', 'alipay', 'missing_in_pos', 'open', 0.00, 8.50, 'USD', 0, null, 'a-5'),
        ('R-6', '', date '2026-04-30', 'alipay', 'missing_in_pos', 'open', 0.00, 1.00, 'CNY', 0, null, 'a-6')
    ) t(reconciliation_id, store_id, business_date, payment_channel, class, status, pos_amount, bill_amount, currency,
        days_open, order_id, payment_id);
    alter table payment_reconciliation add column kind varchar default 'payment';
    alter table payment_reconciliation add column fee_amount decimal(18,2);
    alter table payment_reconciliation add column expected_fee_amount decimal(18,2);
    alter table payment_reconciliation add column difference_amount decimal(18,2);
    update payment_reconciliation set difference_amount = pos_amount - bill_amount;
"""


@pytest.fixture
def published(settings: Settings) -> Settings:
    settings.serving_dir.mkdir(parents=True)
    with duckdb.connect(str(settings.serving_dir / "marts.duckdb")) as engine:
        engine.execute("create schema ops;" + BREAKS)
    return settings


def read(path: Path, sheet: int = 0) -> list[list[Any]]:
    workbook = python_calamine.CalamineWorkbook.from_path(str(path))
    return workbook.get_sheet_by_index(sheet).to_python(skip_empty_area=False)


def test_a_worksheet_holds_the_open_breaks_of_its_store_alone(published: Settings, tmp_path: Path) -> None:
    (written,) = write_worksheets(published, ["S1"], tmp_path / "out")
    assert written.path.name == "breaks_S1_2026-04-30.xlsx"
    assert (written.break_count, written.differences) == (2, {"CNY": Decimal("28.00")})
    title, _, header, *rows = read(written.path)
    assert title[0] == "S1 Riverside: 2 open breaks up to 2026-04-30, till less bill 28.00 CNY"
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert [(row["reconciliation_id"], row["class"], row["difference_amount"]) for row in found] == [
        ("R-1", "missing_in_bill", 30.0),
        ("R-3", "long", -2.0),
    ]
    assert found[0]["business_date"] == date(2026, 4, 29)
    assert found[0]["order_id"] == "=S1-1", "a text that looks like a formula stays a text"
    assert {row[name] for row in found for name in FILLED} == {""}


def test_without_a_store_each_store_with_open_breaks_gets_its_own(published: Settings, tmp_path: Path) -> None:
    written = write_worksheets(published, [], tmp_path / "out")
    assert [(w.store_id, w.break_count) for w in written] == [("S1", 2), ("S2", 1), ("unmapped", 1)]
    assert written[1].differences == {"USD": Decimal("-8.50")}
    assert {w.path for w in written} == set((tmp_path / "out").iterdir())


def test_a_store_without_open_breaks_gets_no_worksheet(published: Settings, tmp_path: Path) -> None:
    with duckdb.connect(str(published.serving_dir / "marts.duckdb")) as engine:
        engine.execute("delete from payment_reconciliation where store_id = 'S2'")
    assert write_worksheets(published, ["S2"], tmp_path) == []


def test_an_unknown_store_is_refused_with_those_that_are_known(published: Settings, tmp_path: Path) -> None:
    with pytest.raises(LoopmartError, match="--store S9: there is no such store; stores are S1, S2, and unmapped"):
        write_worksheets(published, ["S1", "S9"], tmp_path)


def test_a_publication_without_breaks_says_how_to_get_them(published: Settings, tmp_path: Path) -> None:
    with duckdb.connect(str(published.serving_dir / "marts.duckdb")) as engine:
        engine.execute("drop table payment_reconciliation")
    with pytest.raises(LoopmartError, match="has no payment_reconciliation yet; run `loopmart run`"):
        write_worksheets(published, [], tmp_path)


def test_a_worksheet_that_may_be_filled_is_not_overwritten(published: Settings, tmp_path: Path) -> None:
    (written,) = write_worksheets(published, ["S1"], tmp_path / "out")
    before = written.path.read_bytes()
    with pytest.raises(LoopmartError, match="is there already and may hold decisions"):
        write_worksheets(published, [], tmp_path / "out")
    assert written.path.read_bytes() == before
    assert list((tmp_path / "out").iterdir()) == [written.path]


def test_the_same_breaks_give_the_same_bytes(published: Settings, tmp_path: Path) -> None:
    (one,) = write_worksheets(published, ["S1"], tmp_path / "a")
    (other,) = write_worksheets(published, ["S1"], tmp_path / "b")
    assert one.path.read_bytes() == other.path.read_bytes()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_excel_offers_the_decisions_and_locks_the_rest(published: Settings, tmp_path: Path, language: Language) -> None:
    (written,) = write_worksheets(published, ["S1"], tmp_path / "out", language)
    with ZipFile(written.path) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert f'<formula1>"{",".join(words[language] for words in DECISIONS.values())}"</formula1>' in sheet
    assert sheet.count("<dataValidation ") == len(FILLED)
    assert "<sheetProtection " in sheet
    cells = {column.name: chr(ord("A") + n) for n, column in enumerate(COLUMNS)}
    assert f'sqref="{cells["decision"]}{HEADER_ROW + 2}:{cells["decision"]}{HEADER_ROW + 3}"' in sheet


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_contract_reads_a_worksheet_of_either_language(
    published: Settings, tmp_path: Path, language: Language
) -> None:
    (written,) = write_worksheets(published, ["S1"], tmp_path / "out", language)
    sources = load_sources(PROJECT / "contracts", load_feeds(PROJECT / "contracts"))
    found = recognise(written.path.read_bytes(), list(sources.values()))
    assert (found.source.source, found.sheet, found.header_line) == ("reconciliation_decisions", 0, HEADER_ROW + 1)
    guide = read(written.path, 1)
    assert [row[1] for row in guide[: len(GUIDE[language])]] == list(GUIDE[language])
    assert [tuple(row) for row in guide[-len(CLASSES) :]] == [words[language] for words in CLASSES.values()]
