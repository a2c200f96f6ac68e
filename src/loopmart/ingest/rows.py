"""From a content to its data lines, with every line of the file accounted for.

Two ways lead there. A text without a quote and without a blank line is handed on whole, and the engine
splits it (one record a line, so a record's line number is arithmetic). Any other text, and every
spreadsheet, is split here, record by record, each with its number.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from loopmart.contracts.sources import Source, Trailer
from loopmart.errors import FileRefused
from loopmart.ingest.json_records import find_records, read_documents
from loopmart.ingest.recognise import (
    HEAD_BYTES,
    XLSX_MAGIC,
    Cell,
    clean_cell,
    encodings_of,
    fits,
    read_sheet,
    recognise,
)

MAX_LINES_A_RECORD = 50
"""A quote that is still open after so many lines was never meant to open a field."""


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
        text: the data lines as one text that ends in a line feed; None if `records` holds them.
        is_workbook: whether it is a workbook, whose numbers have a decimal point whatever the contract says.
        is_padded: whether a cell may have blanks or tabs around it, which are no part of its value.
        records: (line, cells) of each record; None if `text` holds them.
        bad_lines: lines that are no record of this header.
        delimiter: what separates the cells of the data lines.
        preamble: the texts above the header.
        trailer: the trailer's cells by name, empty without one.
        epilogue: the texts below the data, where the trailer is prose.
        counts: lines by class, except those that the engine decides (loaded, quarantined).
        line_count: all physical lines (rows of a sheet).
    """

    header: tuple[str, ...]
    first_line: int
    line_count: int
    preamble: list[str]
    delimiter: str = ","
    text: str | None = None
    is_workbook: bool = False
    is_padded: bool = True
    records: list[tuple[int, list[str]]] | None = None
    bad_lines: list[BadLine] = field(default_factory=list)
    trailer: dict[str, str] = field(default_factory=dict)
    epilogue: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def read_lines(content: bytes, source: Source) -> DataLines:
    """Split a content that `source` fits.

    Raises:
        FileRefused: no encoding of the contract reads it, or the promised trailer is missing.
    """
    if content.startswith(XLSX_MAGIC):
        return _read_workbook(content, source)
    if source.format == "json":
        return _read_json(content, source)
    text = _decode(content, source).replace("\r\n", "\n").replace("\r", "\n")
    found = recognise(text[:HEAD_BYTES].encode(), [source.model_copy(update={"encodings": ["utf-8"]})])
    if not text.endswith("\n"):
        text += "\n"
    head_end = _nth_line_end(text, found.header_line)
    preamble = text[:head_end].split("\n")[: found.header_line - 1]
    lines = DataLines(
        header=found.header,
        first_line=found.header_line + 1,
        line_count=text.count("\n"),
        preamble=preamble,
        delimiter=source.delimiter,
        counts={"header_lines": 1, "preamble_lines": len(preamble)},
    )
    body = text[head_end:]
    if source.trailer:
        body = _cut_trailer(body, lines, source.trailer)
    is_guarded = source.line_prefix is not None and body.startswith(source.line_prefix)
    if is_guarded:
        lines.delimiter = source.data_delimiter or source.delimiter
        body = ("\n" + body).replace("\n" + str(source.line_prefix), "\n")[1:]
    has_quotes = '"' in body and not is_guarded
    if has_quotes or body.startswith("\n") or "\n\n" in body or "\0" in body:
        _split_records(body, lines, is_quoted=not is_guarded)
    else:
        lines.text = body
        lines.is_padded = _is_padded(body, lines.delimiter)
    return lines


def _is_padded(body: str, delimiter: str) -> bool:
    edges = (" " + delimiter, delimiter + " ", " \n", "\n ", "\t")
    return body.startswith(" ") or any(edge in body for edge in edges)


def _decode(content: bytes, source: Source) -> str:
    problems = []
    for encoding in encodings_of(content, source):
        try:
            return content.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            problems.append(f"{encoding} fails in line {line} on bytes {content[error.start : error.end].hex(' ')}")
    raise FileRefused(
        "the text is in none of the encodings of the contract: " + "; ".join(problems),
        f"Export it as {source.encodings[0]}, or add its encoding to contracts/sources/{source.source}.yaml",
    )


def _nth_line_end(text: str, lines: int) -> int:
    end = 0
    for _ in range(lines):
        end = text.index("\n", end) + 1
    return end


def _cut_trailer(body: str, lines: DataLines, trailer: Trailer) -> str:
    """Take the trailer off the end of the data; blank lines below it are counted as such."""
    data = body.rstrip("\n")
    lines.counts["blank_lines"] = body.count("\n") - data.count("\n") - (1 if data else 0)
    if trailer.begins_with:
        while (last := data.rpartition("\n")[2]).startswith(trailer.begins_with):
            lines.epilogue.insert(0, last)
            data = data.rpartition("\n")[0]
        if not lines.epilogue:
            raise _incomplete(f"the last line does not begin with {trailer.begins_with!r}")
        lines.counts["trailer_lines"] = len(lines.epilogue)
    else:
        data, _, values = data.rpartition("\n")
        names = lines.header
        if trailer.header:
            data, _, above = data.rpartition("\n")
            names = _accept_names(_cells_of(above, lines.delimiter), trailer)
        _accept_values(_cells_of(values, lines.delimiter), names, lines, trailer)
    return data + "\n" if data else ""


def _cells_of(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), []) if line else []


def _accept_names(line: Sequence[str], trailer: Trailer) -> tuple[str, ...]:
    cells = tuple(clean_cell(c) for c in line)
    if not any(fits(cells, known) for known in trailer.header):
        raise _incomplete("the last line but one does not name the totals")
    return cells


def _accept_values(cells: Sequence[str], names: tuple[str, ...], lines: DataLines, trailer: Trailer) -> None:
    if trailer.first_cell and (not cells or clean_cell(cells[0]) != trailer.first_cell):
        raise _incomplete(f"the last line does not begin with {trailer.first_cell!r}")
    lines.trailer = dict(zip(names, (clean_cell(c) for c in cells), strict=False))
    lines.counts["trailer_lines"] = 2 if trailer.header else 1


def _incomplete(what: str) -> FileRefused:
    return FileRefused(
        f"{what}, so the file is not complete",
        "The export or its transfer was cut off; ask the sender to send it again",
    )


def _split_records(body: str, lines: DataLines, *, is_quoted: bool) -> None:
    lines.records = []
    physical = body.split("\n")[:-1]
    width = len(lines.header)
    blank = continuation = index = 0
    while index < len(physical):
        number = lines.first_line + index
        taken = _lines_of_record(physical, index) if is_quoted else 1
        if taken == 0:
            lines.bad_lines.append(
                BadLine(number, "a quote opens and is never closed", 'Write a quote inside a cell as ""')
            )
            index += 1
            continue
        record = "\n".join(physical[index : index + taken])
        if not record.strip():
            blank += 1
            index += taken
            continue
        if is_quoted:
            cells = next(csv.reader(record.splitlines(keepends=True), delimiter=lines.delimiter), [])
        else:
            cells = record.split(lines.delimiter)
        continuation += taken - 1
        if len(cells) == width:
            lines.records.append((number, [c.replace("\0", "\ufffd") for c in cells]))
        else:
            lines.bad_lines.append(bad_width(number, len(cells), width))
        index += taken
    lines.counts["blank_lines"] = lines.counts.get("blank_lines", 0) + blank
    lines.counts["continuation_lines"] = continuation


def _lines_of_record(physical: list[str], index: int) -> int:
    quotes = 0
    for taken in range(1, MAX_LINES_A_RECORD + 1):
        if index + taken > len(physical):
            break
        quotes += physical[index + taken - 1].count('"')
        if quotes % 2 == 0:
            return taken
    return 0


def bad_width(line: int, found: int | str, wanted: int) -> BadLine:
    """The verdict on a record with too few or too many cells."""
    return BadLine(
        line,
        f"{found} cells where the header has {wanted}",
        "Look for a missing or an unquoted delimiter in this line",
    )


def _read_workbook(content: bytes, source: Source) -> DataLines:
    found = recognise(content, [source])
    sheet = read_sheet(content, found.sheet)
    preamble = [" ".join(str(c) for c in row if c != "") for row in sheet[: found.header_line - 1]]
    lines = DataLines(
        header=found.header,
        first_line=found.header_line + 1,
        line_count=len(sheet),
        preamble=preamble,
        is_workbook=True,
        records=[],
        counts={"header_lines": 1, "preamble_lines": len(preamble)},
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


def _take_sheet_trailer(
    rows: list[tuple[int, list[str]]], lines: DataLines, trailer: Trailer
) -> list[tuple[int, list[str]]]:
    """Take the trailer off the end of a sheet's rows."""
    if trailer.begins_with:
        while rows and rows[-1][1][0].startswith(trailer.begins_with):
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
    documents, _ = read_documents(content)
    records = find_records(documents, source.records) or []
    cells = [(n, [record.get(key, "") for key in found.header]) for n, record in enumerate(records, start=1)]
    return DataLines(header=found.header, first_line=1, line_count=len(records), preamble=[], records=cells)


def _cell_writer(source: Source) -> Callable[[Cell], str]:
    date_format = next((f for name, f in source.formats.items() if name != "decimal"), "%Y-%m-%d %H:%M:%S")

    def to_text(cell: Cell) -> str:
        if isinstance(cell, bool):
            return str(cell).lower()
        if isinstance(cell, float):
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        if isinstance(cell, (datetime, date, time)):
            return cell.strftime(date_format)
        return cell

    return to_text


def find_period(lines: DataLines, source: Source) -> tuple[date, date] | None:
    """The span that a file states in its preamble; None where the contract knows of no such statement.

    Raises:
        FileRefused: the contract promises the statement, and it is not there.
    """
    if not source.period.pattern:
        return None
    for text in lines.preamble:
        match = re.search(source.period.pattern, text)
        if match:
            days = [date.fromisoformat(group.replace("/", "-")) for group in match.groups()]
            return days[0], days[-1]
    raise FileRefused(
        f"the lines above the header do not state the period as {source.period.pattern!r}",
        "Export it again with its title line",
    )
