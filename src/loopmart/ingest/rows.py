"""From a content to its data lines, with every line of the file accounted for.

Two ways lead there. A text without quotes is handed on whole, and the engine splits it (one record a line, so a
record's line number is arithmetic). Any other text, and every spreadsheet, is split here, record by record, each with
its number.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import chain
from typing import Any

from loopmart.contracts.sources import Source, Trailer
from loopmart.errors import FileRefused
from loopmart.ingest.json_records import find_records, is_json, read_documents, split_lines
from loopmart.ingest.recognise import (
    HEAD_BYTES,
    HEADER_WITHIN_LINES,
    PARQUET_MAGIC,
    WORKBOOK_MAGICS,
    Cell,
    Recognition,
    Sheet,
    clean_cell,
    count_sheets,
    encodings_of,
    fits,
    read_parquet,
    read_sheet,
    recognise,
)
from loopmart.ingest.scan import count_lines

MAX_LINES_A_RECORD = 50
"""A quote that is still open after so many lines was never meant to open a field."""
MAX_LINE = 1 << 20
"""Characters in a line beyond which it is no record; the engine's own limit is twice that."""


@dataclass(frozen=True)
class BadLine:
    """A line that is no record: its number and what is wrong."""

    line: int
    reason: str
    remedy: str


@dataclass
class DataLines:
    """The data lines of one file.

    Attributes:
        header: the header's cells in file order.
        first_line: 1-based number of the first data line.
        text: the data lines as one UTF-8 text that ends in a line feed; None if `records` holds them.
        is_verbatim: whether `text` is the file's own bytes below its header.
        is_workbook: whether it is a workbook, whose numbers have a decimal point whatever the contract says.
        is_padded: whether a cell may have blanks or tabs around it, which are no part of its value.
        is_guarded: whether a cell may carry guards, such as a backtick or ="…".
        guard_count: how many guards were taken off already.
        records: (line, cells) of each record; None if `text` holds them.
        bad_lines: lines that are no record of this header.
        delimiter: what separates the cells of the data lines.
        preamble: the texts above the header.
        trailer: the trailer's cells by name, empty without one.
        epilogue: the texts below the data, where the trailer is prose.
        documents: of a JSON, what it says beside the records.
        counts: lines by class, except those that the engine decides (loaded, quarantined).
        line_count: all physical lines (rows of a sheet).
    """

    header: tuple[str, ...]
    first_line: int
    line_count: int
    preamble: list[str]
    delimiter: str = ","
    text: bytes | None = None
    is_verbatim: bool = False
    is_workbook: bool = False
    is_padded: bool = True
    is_guarded: bool = False
    guard_count: int = 0
    records: list[tuple[int, list[str]]] | None = None
    bad_lines: list[BadLine] = field(default_factory=list)
    trailer: dict[str, str] = field(default_factory=dict)
    epilogue: list[str] = field(default_factory=list)
    documents: list[Any] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def look_closely(self) -> None:
        """Find out what the engine must know before it may split and trim a text: blank lines, padding, long lines."""
        if self.text is None:
            return
        if self.text.startswith(b"\n") or b"\n\n" in self.text or _has_long_line(self.text):
            split_records(self.text.decode(), self, is_quoted=False)
            self.text = None
        else:
            self.is_padded = _is_padded(self.text, self.delimiter.encode())


def read_lines(content: bytes, source: Source) -> DataLines:
    """Split a content that `source` fits.

    Raises:
        FileRefused: no encoding of the contract reads it, or the promised trailer is missing.
    """
    if content.startswith((*WORKBOOK_MAGICS, PARQUET_MAGIC)):
        return _read_table(content, source)
    if source.format == "json" or is_json(content):
        return _read_json(content, source)
    text = _to_utf8(content, source)
    found = recognise(text[:HEAD_BYTES], [source.model_copy(update={"encodings": ["utf-8"]})])
    is_verbatim = text is content and text.endswith(b"\n")
    if not text.endswith(b"\n"):
        text += b"\n"
    head_end = _nth_line_end(text, found.header_line)
    preamble = text[:head_end].decode().split("\n")[: found.header_line - 1]
    body = text[head_end:]
    lines = DataLines(
        header=found.header,
        first_line=found.header_line + 1,
        line_count=count_lines(body) + found.header_line,
        preamble=preamble,
        delimiter=source.delimiter,
        is_verbatim=is_verbatim and not source.trailer,
        counts={"header_lines": 1, "preamble_lines": len(preamble)},
    )
    if source.trailer:
        body = _cut_trailer(body, lines, source.trailer)
    guard = (source.line_prefix or "").encode()
    is_plain = bool(guard) and body.startswith(guard)
    if is_plain:
        lines.delimiter, lines.is_verbatim = source.data_delimiter or source.delimiter, False
        bare = (b"\n" + body).replace(b"\n" + guard, b"\n")[1:]
        lines.guard_count = (len(body) - len(bare)) // len(guard)
        if lines.delimiter != source.delimiter:
            lines.guard_count += bare.count(lines.delimiter.encode())
        body = bare
    elif source.line_prefix or _may_be_guarded(body, source.delimiter):
        lines.is_guarded = True
    if (b'"' in body and not is_plain) or b"\0" in body:
        split_records(body.decode(), lines, is_quoted=not is_plain)
    else:
        lines.text = body
    return lines


def _may_be_guarded(body: bytes, delimiter: str) -> bool:
    if b"`" in body or b"\x1f" in body or (delimiter != "\t" and b"\t" in body):
        return True
    if b'"' in body and b'="' in body:
        return True
    return b"'" in body and (body[:1] == b"'" or delimiter.encode() + b"'" in body or b"\n'" in body)


def _is_padded(body: bytes, delimiter: bytes) -> bool:
    edges = (b" " + delimiter, delimiter + b" ", b" \n", b"\n ", b"\t")
    return body.startswith(b" ") or any(edge in body for edge in edges)


def _has_long_line(body: bytes) -> bool:
    if len(body) <= MAX_LINE:
        return False
    start = 0
    while len(body) - start > MAX_LINE:
        end = body.rfind(b"\n", start, start + MAX_LINE)
        if end < start:
            return True
        start = end + 1
    return False


def _to_utf8(content: bytes, source: Source) -> bytes:
    """The text with line feeds as the only line ends; the content itself where it is that already."""
    problems = []
    for encoding in encodings_of(content, source):
        try:
            if encoding == "utf-8":
                text = content.removeprefix(b"\xef\xbb\xbf")
                if not text.isascii():
                    text.decode()
            else:
                text = content.decode(encoding).removeprefix("\ufeff").encode()
            return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text
        except UnicodeError as error:
            start, end = getattr(error, "start", 0), getattr(error, "end", 1)
            line = content.count(b"\n", 0, start) + 1
            problems.append(f"{encoding} fails in line {line} on bytes {content[start:end].hex(' ')}")
    raise FileRefused(
        "the text is in none of the encodings of the contract: " + "; ".join(problems),
        f"Export it as {source.encodings[0]}, or add its encoding to contracts/sources/{source.source}.yaml",
    )


def _nth_line_end(text: bytes, lines: int) -> int:
    end = 0
    for _ in range(lines):
        end = text.index(b"\n", end) + 1
    return end


def _cut_trailer(body: bytes, lines: DataLines, trailer: Trailer) -> bytes:
    """Take the trailer off the end of the data; blank lines below it are counted as such."""
    end = len(body.rstrip(b"\n"))
    lines.counts["blank_lines"] = body.count(b"\n", end) - (1 if end else 0)
    rest = end + 1 if end else 0

    def find_last() -> int:
        return body.rfind(b"\n", 0, max(rest - 1, 0)) + 1

    def take() -> str:
        nonlocal rest
        line, rest = body[find_last() : max(rest - 1, 0)].decode(), find_last()
        return line

    if trailer.begins_with:
        while rest and body.startswith(tuple(b.encode() for b in trailer.beginnings), find_last()):
            lines.epilogue.insert(0, take())
        if not lines.epilogue:
            raise _incomplete(f"the last line does not begin with {' or '.join(map(repr, trailer.beginnings))}")
        lines.counts["trailer_lines"] = len(lines.epilogue)
    else:
        values = take()
        names = _accept_names(_cells_of(take(), lines.delimiter), trailer) if trailer.header else lines.header
        _accept_values(_cells_of(values, lines.delimiter), names, lines, trailer)
    return body[:rest]


def _cells_of(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), []) if line else []


def _accept_names(line: Sequence[str], trailer: Trailer) -> tuple[str, ...]:
    cells = tuple(clean_cell(c) for c in line)
    if not any(fits(cells, known) for known in trailer.header):
        raise _incomplete("the last line but one does not name the totals")
    return cells


def _accept_values(cells: Sequence[str], names: tuple[str, ...], lines: DataLines, trailer: Trailer) -> None:
    if trailer.first_cell and (not cells or clean_cell(cells[0]) not in trailer.first_cell.split("|")):
        raise _incomplete(f"the last line does not begin with {trailer.first_cell!r}")
    lines.trailer = dict(zip(names, (clean_cell(c) for c in cells), strict=False))
    lines.counts["trailer_lines"] = 2 if trailer.header else 1


def _incomplete(what: str) -> FileRefused:
    return FileRefused(
        f"{what}, so the file is not complete",
        "The export or its transfer was cut off; ask the sender to send it again",
    )


def split_records(body: str, lines: DataLines, *, is_quoted: bool) -> None:
    """Split a text record by record into `records` and `bad_lines` of `lines`."""
    lines.records = []
    physical = body.split("\n")[:-1]
    width = len(lines.header)
    blank = continuation = index = 0
    while index < len(physical):
        number, line, taken = lines.first_line + index, physical[index], 1
        cells: list[str] | None
        if not line.strip():
            cells = None
            blank += 1
        elif len(line) > MAX_LINE:
            cells = None
            what = f"the line has {len(line):,} characters"
            lines.bad_lines.append(BadLine(number, what, "Look for a line end that was lost"))
        elif is_quoted and '"' in line:
            cells, taken = _take_quoted(physical, index, lines.delimiter)
            continuation += taken - 1
            if cells is None:
                lines.bad_lines.append(
                    BadLine(number, "a quote opens and is never closed", 'Write a quote inside a cell as ""')
                )
        else:
            cells = line.split(lines.delimiter)
        if cells is not None and len(cells) == width:
            lines.records.append((number, [c.replace("\0", "\ufffd") for c in cells]))
        elif cells is not None:
            lines.bad_lines.append(bad_width(number, len(cells), width))
        index += taken
    lines.counts["blank_lines"] = lines.counts.get("blank_lines", 0) + blank
    lines.counts["continuation_lines"] = continuation


def _take_quoted(physical: list[str], index: int, delimiter: str) -> tuple[list[str] | None, int]:
    """(cells, lines taken) of the record that begins at a line; no cells where a quote stays open."""
    last = min(index + MAX_LINES_A_RECORD, len(physical))
    window = (physical[at] + "\n" for at in range(index, last))
    reader = csv.reader(chain(window, ["\n"]), delimiter=delimiter)
    try:
        cells = next(reader)
    except csv.Error:
        return None, 1
    is_open = reader.line_num > last - index
    return (None, 1) if is_open else (cells, reader.line_num)


def bad_width(line: int, found: int | str, wanted: int) -> BadLine:
    """The verdict on a record with too few or too many cells."""
    return BadLine(
        line,
        f"{found} cells where the header has {wanted}",
        "Look for a missing or an unquoted delimiter in this line",
    )


def _read_table(content: bytes, source: Source) -> DataLines:
    """A workbook's sheet, or a Parquet file, whose rows count from 1 as it has no header row."""
    found = recognise(content, [source])
    sheet = read_parquet(content) if content.startswith(PARQUET_MAGIC) else read_sheet(content, found.sheet)
    if content.startswith(PARQUET_MAGIC):
        del sheet[0]
    else:
        _check_further_sheets(content, found, sheet)
    preamble = [" ".join(str(c) for c in row if c != "") for row in sheet[: max(found.header_line - 1, 0)]]
    lines = DataLines(
        header=found.header,
        first_line=found.header_line + 1,
        line_count=len(sheet),
        preamble=preamble,
        is_workbook=True,
        is_guarded=True,
        records=[],
        counts={"header_lines": min(found.header_line, 1), "preamble_lines": len(preamble)},
    )
    to_text = _cell_writer(source)
    rows = [(n, [to_text(cell) for cell in row]) for n, row in enumerate(sheet, start=1) if n >= lines.first_line]
    filled = [(number, row) for number, row in rows if any(row)]
    lines.counts["blank_lines"] = len(rows) - len(filled)
    if source.trailer:
        filled = _take_sheet_trailer(filled, lines, source.trailer)
    width = len(found.header)
    lines.records = [(number, row[:width]) for number, row in filled]
    return lines


def _check_further_sheets(content: bytes, found: Recognition, sheet: Sheet) -> None:
    """Refuse a workbook whose further sheets hold other rows of the same table; copies of the first are left out."""
    source = found.source
    for number in range(found.sheet + 1, count_sheets(content)):
        further = read_sheet(content, number)
        for end, row in enumerate(further[:HEADER_WITHIN_LINES], start=1):
            cells = tuple(clean_cell(cell) for cell in row)
            if any(fits(cells, header, source.optional) for header in source.header):
                rows = further[end:]
                if rows != sheet[found.header_line :] and any(cell != "" for row in rows for cell in row):
                    raise FileRefused(
                        f"sheets {found.sheet + 1} and {number + 1} hold different rows of {source.source}",
                        "Send one table a file: save each sheet as a workbook of its own",
                    )
                break


def _take_sheet_trailer(
    rows: list[tuple[int, list[str]]], lines: DataLines, trailer: Trailer
) -> list[tuple[int, list[str]]]:
    """Take the trailer off the end of a sheet's rows."""
    if trailer.begins_with:
        while rows and next(filter(None, rows[-1][1]), "").startswith(trailer.beginnings):
            lines.epilogue.insert(0, " ".join(filter(None, rows.pop()[1])))
        if not lines.epilogue:
            raise _incomplete(f"the last row does not begin with {trailer.begins_with!r}")
        lines.counts["trailer_lines"] = len(lines.epilogue)
        return rows
    taken = 2 if trailer.header else 1
    *above, values = [row for _, row in rows[-taken:]] or [[]]
    names = _accept_names([c for c in (above[0] if above else []) if c], trailer) if trailer.header else lines.header
    _accept_values(values, names, lines, trailer)
    return rows[:-taken]


def _read_json(content: bytes, source: Source) -> DataLines:
    """A record a line, or the records of one document, which count as its lines from 1."""
    found = recognise(content, [source])
    documents, is_lines = read_documents(content)
    records = find_records(documents, source.records) or []
    numbers: Iterable[int] = range(1, len(records) + 1)
    counts = {}
    if is_lines and len(records) == len(documents):
        physical = split_lines(content.decode("utf-8-sig"))
        numbers = [n for n, line in enumerate(physical, start=1) if line.strip()]
        counts["blank_lines"] = numbers[-1] - len(numbers)
    by_name = [(name, clean_cell(name)) for record in records[:1] for name in record]
    rename = {clean: name for name, clean in by_name} if source.format == "table" else {}
    cells = [
        (n, [record.get(key, record.get(rename.get(key, ""), "")) for key in found.header])
        for n, record in zip(numbers, records, strict=True)
    ]
    return DataLines(
        header=found.header, first_line=1, line_count=len(records) + sum(counts.values()), preamble=[],
        is_workbook=source.format == "table", is_guarded=True, records=cells, documents=documents, counts=counts,
    )  # fmt: skip


def _cell_writer(source: Source) -> Callable[[Cell], str]:
    date_format = next((f for name, f in source.formats.items() if name != "decimal"), "%Y-%m-%d %H:%M:%S")

    def to_text(cell: Cell) -> str:
        if isinstance(cell, bool):
            return str(cell).lower()
        if isinstance(cell, float):
            if cell.is_integer():  # a spreadsheet keeps 15 digits: of a longer number the rest is lost
                return str(int(cell)) if abs(cell) < 1e15 else f"{cell:.15e}"
            return repr(cell)
        if isinstance(cell, (datetime, date, time)):
            return cell.strftime(date_format)
        return str(cell)

    return to_text


def find_period(preamble: list[str], file_name: str, source: Source) -> tuple[date, date] | None:
    """The span that a file states above its header or in its name; None where the contract knows of no statement.

    Raises:
        FileRefused: the contract promises the statement, and it is not there or is no date.
    """
    places = ((source.period.pattern, preamble), (source.period.file_name, [file_name]))
    if not any(pattern for pattern, _ in places):
        return None
    for pattern, texts in places:
        for match in filter(None, (re.search(pattern, text) for text in texts) if pattern else ()):
            try:
                days = [_parse_day(group) for group in match.groups()]
            except ValueError as error:
                raise FileRefused(f"the period {match.group()!r} is no date ({error})", "Export it again") from error
            return days[0], days[-1]
    if source.period.pattern:
        raise FileRefused(
            f"the lines above the header do not state the period as {source.period.pattern!r}",
            "Export it again with its title line",
        )
    raise FileRefused(
        f"the name of the file does not state the period as {source.period.file_name!r}",
        "The rows of this export carry no date: send it under the name that the system gave it",
    )


def _parse_day(text: str) -> date:
    """A day such as 2026-01-31, 2026/1/31, 20260131 or 2026年1月31日."""
    numbers = re.findall(r"\d+", text)
    if len(numbers) == 1 and len(numbers[0]) == 8:
        numbers = [text[:4], text[4:6], text[6:]]
    return date(*map(int, numbers))
