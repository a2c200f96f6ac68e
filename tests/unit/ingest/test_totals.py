"""The figures that files state of themselves."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loopmart.ingest.totals import parse_figure


@pytest.mark.parametrize(
    ("text", "figure"),
    [("1,234.50", "1234.50"), ("$6,379.50", "6379.50"), ("-$45.00", "-45.00"), ("¥ 28 ", "28"), ("￥-3", "-3")],
)
def test_a_stated_figure_may_have_a_currency_sign_and_thousands(text: str, figure: str) -> None:
    assert parse_figure(text) == Decimal(figure)


@pytest.mark.parametrize("text", ["", "--", "12 pieces", "1.2.3"])
def test_what_is_no_number_is_no_figure(text: str) -> None:
    assert parse_figure(text) is None
