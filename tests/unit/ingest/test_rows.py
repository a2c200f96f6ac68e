from __future__ import annotations

import pytest

from loopmart.contracts.sources import Period, Source, Trailer
from loopmart.errors import FileRefused
from loopmart.ingest.rows import DataLines, read_lines


def source(trailer: Trailer | None = None, encodings: list[str] | None = None) -> Source:
    return Source(
        source="s",
        feed="f",
        description="two columns",
        format="table",
        encodings=encodings or ["utf-8", "gb18030"],
        header=[["a", "b"]],
        trailer=trailer,
        columns={"a": "x", "b": "y"},
        period=Period(grain="snapshot"),
    )


def rows_of(lines: DataLines) -> list[tuple[int, list[str]]]:
    lines.look_closely()
    if lines.records is not None:
        return lines.records
    texts = (lines.text or b"").decode().split("\n")[:-1]
    return [(lines.first_line + i, text.split(",")) for i, text in enumerate(texts)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "end"])
def test_every_line_end_gives_the_same_rows(end: str, last: str) -> None:
    content = end.join(["a,b", "1,2", "3,4"]) + (end if last else "")
    assert rows_of(read_lines(content.encode(), source())) == [(2, ["1", "2"]), (3, ["3", "4"])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_encoding_gives_the_same_rows(encoding: str) -> None:
    lines = read_lines("a,b\n会员,１\n".encode(encoding), source())
    assert rows_of(lines) == [(2, ["会员", "１"])]


def test_bytes_of_no_encoding_are_refused_with_their_line() -> None:
    with pytest.raises(FileRefused, match=r"utf-8 fails in line 2 on bytes ff"):
        read_lines(b"a,b\n\xff\xff,1\n", source(encodings=["utf-8"]))


def test_a_quoted_line_feed_keeps_the_physical_line_numbers() -> None:
    lines = read_lines(b'a,b\n"one\ntwo",2\n3,4\n', source())
    assert rows_of(lines) == [(2, ["one\ntwo", "2"]), (4, ["3", "4"])]
    assert lines.counts["continuation_lines"] == 1


def test_a_quote_that_is_never_closed_costs_one_line() -> None:
    lines = read_lines(b'a,b\n1,"2\n3,4\n5,6\n', source())
    assert [bad.line for bad in lines.bad_lines] == [2]
    assert rows_of(lines) == [(3, ["3", "4"]), (4, ["5", "6"])]


def test_blank_lines_are_counted_and_shift_no_number() -> None:
    lines = read_lines(b"a,b\n1,2\n\n3,4\n", source())
    assert rows_of(lines) == [(2, ["1", "2"]), (4, ["3", "4"])]
    assert lines.counts["blank_lines"] == 1


def test_bare_quotes_in_two_lines_join_nothing() -> None:
    lines = read_lines(b'a,b\n1,5" pipe\n3,4\n5,6" pipe\n', source())
    assert rows_of(lines) == [(2, ["1", '5" pipe']), (3, ["3", "4"]), (4, ["5", '6" pipe'])]
    assert not lines.bad_lines


def test_a_cell_of_megabytes_costs_its_line_alone() -> None:
    lines = read_lines(b"a,b\n1,2\n3," + b"x" * (2 << 20) + b"\n5,6\n", source())
    assert rows_of(lines) == [(2, ["1", "2"]), (4, ["5", "6"])]
    assert [bad.line for bad in lines.bad_lines] == [3]


def test_a_missing_trailer_means_a_cut_off_file() -> None:
    with pytest.raises(FileRefused, match="not complete"):
        read_lines(b"a,b\n1,2\n", source(Trailer(first_cell="total")))


def test_a_blank_line_alone_above_the_trailer_is_counted() -> None:
    lines = read_lines(b"a,b\n\ntotal,2\n", source(Trailer(first_cell="total")))
    lines.look_closely()
    assert lines.trailer == {"a": "total", "b": "2"}
    assert (lines.line_count, rows_of(lines), lines.counts["blank_lines"]) == (3, [], 1)


def test_a_trailer_is_read_by_the_names_of_the_header() -> None:
    lines = read_lines(b"a,b\n1,2\ntotal,2\n\n", source(Trailer(first_cell="total")))
    assert lines.trailer == {"a": "total", "b": "2"}
    assert rows_of(lines) == [(2, ["1", "2"])]
    assert (lines.line_count, lines.counts["trailer_lines"], lines.counts["blank_lines"]) == (4, 1, 1)
