"""Rows of our own till template, written in every dialect and container that it may come in, are read back equal."""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from loopmart.ingest import run
from tests.golden.containers import as_json_lines, as_parquet, as_workbook, zip_with_gbk_names
from tests.property.test_ingest import ingest
from tests.property.test_straight import CATALOGUE

pytestmark = pytest.mark.integration

ENGLISH = ("store_id", "receipt_no", "sold_at", "product_id", "quantity", "net_amount")
CHINESE = ("门店编号", "小票号", "销售时间", "商品编码", "数量", "实收金额")
FORMS = [
    ("utf-8", "plain"), ("utf-8-sig", "plain"), ("gb18030", "plain"), ("utf-8", "gzip"), ("gb18030", "zip"),
    ("utf-8", "xlsx"), ("utf-8", "jsonl"), ("utf-8", "parquet"),
]  # fmt: skip
PLAIN = st.text(st.characters(codec="gb18030", categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1, max_size=8)
QUOTED = st.tuples(PLAIN, st.sampled_from([",", '"', '""', ", ", ";", ',"x",']), PLAIN).map("".join)
BROKEN = st.tuples(PLAIN, PLAIN).map("\n".join)
CODE = st.one_of(st.from_regex(r"0{1,3}[0-9]{1,6}", fullmatch=True), PLAIN, QUOTED, BROKEN).filter(
    lambda text: not text.startswith(("#", "'", "`", "="))
)
Row = tuple[str, datetime, str, Decimal, Decimal]


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """(receipt, local time, product, quantity, net amount) with distinct receipts."""
    return [
        (
            f"{number}-{draw(CODE)}",
            datetime(2026, 3, 1) + timedelta(seconds=draw(st.integers(0, 30 * 86400))),
            draw(CODE),
            Decimal(draw(st.integers(-(10**6), 10**9))).scaleb(-3),
            Decimal(draw(st.integers(0, 10**9))).scaleb(-2),
        )
        for number in range(draw(st.integers(1, 8)))
    ]


def write_text(lines: Sequence[Row], header: Sequence[str], line_end: str, quoting: int) -> tuple[str, list[int]]:
    """The text of a file, and the line on which each record begins."""
    out = io.StringIO()
    if line_end == "\r":  # the writer would leave a line feed within a cell bare
        quoting = csv.QUOTE_ALL
    writer = csv.writer(out, lineterminator=line_end, quoting=quoting)
    writer.writerow(header)
    places = []
    for receipt, local_time, product, quantity, net in lines:
        text = out.getvalue()
        places.append(len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")))
        writer.writerow(["S00101", receipt, f"{local_time:%Y-%m-%d %H:%M:%S}", product, f"{quantity:f}", f"{net:f}"])
    return out.getvalue(), places


@pytest.mark.parametrize(("encoding", "form"), FORMS)
@hypothesis_settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@seed(20260401)
@given(
    lines=rows(),
    header=st.sampled_from([ENGLISH, CHINESE]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
def test_rows_are_read_back_equal_with_their_lines(
    encoding: str, form: str, lines: list[Row], header: Sequence[str], line_end: str, quoting: int
) -> None:
    is_text = form in ("plain", "gzip", "zip")
    text, places = write_text(lines, header, line_end if is_text else "\n", quoting)
    content = {
        "plain": lambda: text.encode(encoding),
        "gzip": lambda: gzip.compress(text.encode(encoding)),
        "zip": lambda: zip_with_gbk_names({"明细.csv": text.encode(encoding)}),
        "xlsx": lambda: as_workbook(text),
        "jsonl": lambda: as_json_lines(text),
        "parquet": lambda: as_parquet(text),
    }[form]()
    if not is_text:
        places = list(range(2, len(lines) + 2)) if form == "xlsx" else list(range(1, len(lines) + 1))
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(run, "load_catalogue", lambda _: CATALOGUE),
        patch.object(run, "write_manifest", lambda *_: None),
    ):
        settings, file = ingest(Path(folder), "S00101", "x", content)
        assert (file["status"], file["reason"], file["loaded_rows"]) == ("loaded", None, len(lines))
        found = duckdb.sql(
            "select order_id_source, ordered_at + interval 8 hours, product_id_source, quantity, net_sales_amount, "
            "_line "
            f"from '{settings.bronze_dir}/pos_order_lines/batch=2*/*.parquet' order by _line"
        ).fetchall()
        assert found == [(*line, place) for line, place in zip(lines, places, strict=True)]
