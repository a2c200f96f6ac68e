"""Trying out how a file would be read: said line by line, and nothing is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopmart.settings import Settings
from tests.conftest import PROJECT
from tests.worlds import run_loopmart

pytestmark = pytest.mark.integration


def test_a_good_file_is_explained_without_being_loaded(settings: Settings) -> None:
    file = PROJECT / "tests" / "golden" / "wechatpay_all_27_columns" / "bill.csv"
    shown = run_loopmart("source", "check", str(file), settings=settings).stdout
    assert "source wechatpay_trade_bill → feed payments" in shown
    assert "7 lines: 1 header lines, 2 trailer lines, 4 loaded rows" in shown
    assert "money in the loaded rows: 148.00" in shown
    assert "oPayer1" not in shown
    assert not settings.lake_dir.exists()


def test_a_wrong_file_is_explained_with_a_remedy(settings: Settings) -> None:
    shown = run_loopmart("source", "check", str(PROJECT / "README.md"), settings=settings).stdout
    assert "refused" in shown
    assert "no contract knows this content" in shown
    file = PROJECT / "data" / "sample" / "landing" / "S00102" / "sales_2026-04.csv"
    shown = run_loopmart("source", "check", str(file), "--sender", "S00102", settings=settings).stdout
    assert "line 9, column sold_at, found '04/19/26 9:05'" in shown


def test_a_reading_says_why_line_by_line(settings: Settings) -> None:
    file = PROJECT / "data" / "sample" / "landing" / "S00101" / "销售明细_202603.csv"
    shown = run_loopmart("source", "check", str(file), "--sender", "S00101", settings=settings).stdout
    assert "container: none, the plain file" in shown
    assert "encoding: gb18030, because it is no UTF-8 (line 1: bytes" in shown
    assert "header: line 2, 12 cells: 门店编号 | 小票号" in shown
    assert "runner-up: " in shown
    assert "line 1, preamble: 销售明细,S00101" in shown
    assert "trailer: 门店编号=合计" in shown
    assert "control total 实收金额: the file says 83.50, its lines come to 83.5: ok" in shown
    assert "order_id_source=" in shown


def test_a_broken_total_is_shown_with_both_figures(settings: Settings) -> None:
    file = PROJECT / "data" / "sample" / "landing" / "S00101" / "销售明细_202604.csv"
    shown = run_loopmart("source", "check", str(file), "--sender", "S00101", settings=settings).stdout
    assert "control total 实收金额: the file says 24.00, its lines come to 14: BROKEN" in shown
    assert "control total 行号: the file says 2, its lines come to 2: ok" in shown


def test_filtered_lines_are_shown_with_the_reason_of_their_filter_up_to_the_limit(settings: Settings) -> None:
    file = str(PROJECT / "tests" / "golden" / "pospal_tickets" / "bill.csv")
    shown = run_loopmart("source", "check", file, "--sender", "S00101", settings=settings).stdout
    assert "line 6, filtered, a totals row: 合计" in shown
    assert "line 7, filtered, a totals row" in shown
    assert "13800000000" not in shown
    few = run_loopmart("source", "check", file, "--sender", "S00101", "--lines", "1", settings=settings).stdout
    assert "line 7, filtered" not in few
    assert "… and 1 more; --lines 0 shows all" in few


def test_a_refused_file_is_told_with_the_nearest_contract(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text("流水号,日期,类型,会员,实收金额,新列\n1,2026-03-08,销售,-,5.00,x\n", encoding="utf-8")
    shown = run_loopmart("source", "check", str(file), settings=settings).stdout
    assert "refused" in shown
    assert "nearest contract: pospal_tickets, 5 of its 10 header names stand in one line" in shown
