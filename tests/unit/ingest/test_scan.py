from __future__ import annotations

import re
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from loopmart.ingest import scan
from loopmart.ingest.scan import count_lines, reads_exactly

ENGINE = duckdb.connect()
PLAIN = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)")
NUMBER_LIKE = st.text("0123456789..,+-eE_xX \n\t\v\f", max_size=8)


@pytest.mark.parametrize(
    "text",
    ["1.005", "0.001", "9.990,1", "1e3", "1E3", "1.e3", "1_0", "0x10", "0X1F", "1.5e-1", "- ", "+\t", "1\v", "\f1"],
)
def test_a_number_that_would_be_rounded_or_stretched_is_not_read_exactly(text: str) -> None:
    assert not reads_exactly(f"a,{text}\n".encode())


@pytest.mark.parametrize("text", ["1.00", "1.5", "1.", ".5", "-0.00", "+7", "12", "1.00,200", "exe", "-", "a-b"])
def test_amounts_of_two_decimals_are_read_exactly(text: str) -> None:
    assert reads_exactly(f"a,{text}\n".encode())


@pytest.mark.parametrize("place", range(-8, 8))
@pytest.mark.parametrize("number", [b"1.005", b"1e3", b"1_0"])
def test_a_number_across_the_edge_of_a_chunk_is_seen(place: int, number: bytes) -> None:
    before = b"a" * (scan.CHUNK + place)
    assert not reads_exactly(before + number + b"\n")
    assert not reads_exactly(before + number)


@hypothesis_settings(max_examples=500, deadline=None)
@given(cells=st.lists(NUMBER_LIKE, min_size=1, max_size=3))
def test_what_is_read_exactly_is_a_plain_number_and_has_its_value(cells: list[str]) -> None:
    text = ",".join(cells)
    if not reads_exactly(text.encode()):
        return
    for cell in text.replace("\n", ",").split(","):
        row = ENGINE.execute("select try_cast($1 as decimal(18, 2))", [cell]).fetchone()
        assert row is not None
        assert row[0] == (Decimal(cell.strip(" \t")) if PLAIN.fullmatch(cell.strip(" \t")) else None)


@pytest.mark.parametrize("length", [0, 1, scan.CHUNK - 1, scan.CHUNK, scan.CHUNK + 1])
def test_line_feeds_are_counted_at_every_length(length: int) -> None:
    text = (b"ab\n" * (length // 3 + 1))[:length]
    assert count_lines(text) == text.count(b"\n")
