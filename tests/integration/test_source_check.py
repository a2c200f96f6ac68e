"""Trying out how a file would be read: said line by line, and nothing is loaded."""

from __future__ import annotations

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
