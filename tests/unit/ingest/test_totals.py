"""The figures that files state of themselves."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from loopmart.contracts.sources import Filter, Promise, Source
from loopmart.ingest.expressions import create_macros
from loopmart.ingest.rows import DataLines
from loopmart.ingest.totals import compare, parse_figure, sum_up


@pytest.mark.parametrize(
    ("text", "figure"),
    [("1,234.50", "1234.50"), ("$6,379.50", "6379.50"), ("-$45.00", "-45.00"), ("¥ 28 ", "28"), ("￥-3", "-3")],
)
def test_a_stated_figure_may_have_a_currency_sign_and_thousands(text: str, figure: str) -> None:
    assert parse_figure(text) == Decimal(figure)


@pytest.mark.parametrize("text", ["", "--", "12 pieces", "1.2.3", "nan", "sNaN", "inf", "1e999999", "4.00123E+27"])
def test_what_is_no_number_is_no_figure(text: str) -> None:
    assert parse_figure(text) is None


HIDDEN = "as a text that is no plausible figure"


@pytest.mark.parametrize(
    ("stated", "verdict"), [("3.00", []), ("4.00", ["4"]), ("three", [HIDDEN]), ("13800001111", [HIDDEN])]
)
def test_a_total_among_the_data_is_compared_even_if_it_is_no_number(stated: str, verdict: list[str]) -> None:
    source = Source(
        source="s", feed="f", description="a total in the second row", format="table", header=[["name", "paid"]],
        promises=[Promise(cell="paid", row="[name] = '总计'", equals="sum(amount([paid]))")],
        filters=[Filter(when="[name] = '总计'", reason="total")], columns={"name": "x", "paid": "y"},
    )  # fmt: skip
    header = ("name", "paid")
    with duckdb.connect() as engine:
        create_macros(engine, [source])
        engine.execute("create table cells (_file int, c0 varchar, c1 varchar)")
        engine.executemany("insert into cells values (0, ?, ?)", [["总计", stated], ["a", "1.00"], ["b", "2.00"]])
        sums = sum_up(engine, "cells", "c0 = '总计'", source, header)[0]
    lines = DataLines(header=header, first_line=2, line_count=4, preamble=[])
    broken, _ = compare(source.promises, lines, sums)
    assert [sentence.split(",")[0] for sentence in broken] == [f"it promises paid {text}" for text in verdict]
