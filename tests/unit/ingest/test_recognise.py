from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loopmart.contracts.feeds import load_feeds
from loopmart.contracts.sources import Source, load_sources
from loopmart.errors import FileRefused
from loopmart.ingest.recognise import read_parquet, recognise
from tests.conftest import PROJECT

SOURCES = load_sources(PROJECT / "contracts", load_feeds(PROJECT / "contracts"))


def header_of(source: Source) -> str:
    return source.delimiter.join(cell.split("|")[0] for cell in source.header[0])


@pytest.mark.parametrize("source", [s for s in SOURCES.values() if s.format == "table"], ids=lambda s: s.source)
def test_each_source_is_told_by_its_header_alone(source: Source) -> None:
    for encoding in source.encodings:
        content = header_of(source).encode(encoding) + b"\n"
        assert recognise(content, SOURCES.values()).source is source


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_a_byte_order_mark_does_not_matter(mark: bytes) -> None:
    content = mark + header_of(SOURCES["till_utf8"]).encode() + b"\n"
    assert recognise(content, SOURCES.values()).source.source == "till_utf8"


def test_the_header_is_found_below_a_preamble() -> None:
    content = b"any title\n\n" + header_of(SOURCES["till_utf8"]).encode() + b"\n"
    assert recognise(content, SOURCES.values()).header_line == 3


def test_columns_may_come_in_another_order() -> None:
    cells = list(reversed(SOURCES["till_utf8"].header[0]))
    found = recognise((",".join(cells) + "\n").encode(), SOURCES.values())
    assert found.source.source == "till_utf8"
    assert found.header == tuple(cells)


def test_a_missing_column_is_refused_with_the_nearest_contract() -> None:
    cells = SOURCES["till_utf8"].header[0][:-1]
    with pytest.raises(FileRefused, match=r"nearly that of till_utf8: missing columns"):
        recognise((",".join(cells) + "\n").encode(), SOURCES.values())


def test_a_content_that_two_contracts_fit_is_refused() -> None:
    twin = SOURCES["till_utf8"].model_copy(update={"source": "till_twin"})
    with pytest.raises(FileRefused, match="two contracts fit: till_twin, till_utf8"):
        recognise(header_of(twin).encode() + b"\n", [*SOURCES.values(), twin])


@pytest.mark.parametrize("content", [b"\x00\xff\xfe\x80", b"<xml>FAIL</xml>", b"PK\x03\x04 broken", b"\n"])
def test_what_is_no_table_is_refused_with_a_remedy(content: bytes) -> None:
    with pytest.raises(FileRefused) as refusal:
        recognise(content, SOURCES.values())
    assert refusal.value.remedy


def test_the_reason_of_a_refusal_shows_no_phone_or_card_of_a_line_that_stands_for_the_header() -> None:
    with pytest.raises(FileRefused, match=r"first line reads: S1 \| …") as unknown:
        recognise(b"S1,13800000001,6222 0000 1111\n", SOURCES.values())
    cells = [*SOURCES["till_utf8"].header[0][:-1], "13800000001"]
    with pytest.raises(FileRefused, match="nearly that of till_utf8") as nearly:
        recognise((",".join(cells) + "\n").encode(), SOURCES.values())
    assert not any(number in f"{unknown.value}{nearly.value}" for number in ("1380", "6222", "1111"))


def test_a_parquet_whose_texts_are_no_utf8_is_refused() -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": ["qqqq"]}), out, compression="none", use_dictionary=False, write_statistics=False)
    with pytest.raises(FileRefused, match="Parquet file cannot be read"):
        read_parquet(out.getvalue().replace(b"qqqq", b"\xf1qqq"))
