"""A sample as lines of cells: what it came in, its encoding and why, what separates its cells."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from loopmart.errors import FileRefused, LoopmartError
from loopmart.ingest.containers import GZIP_MAGIC, is_archive, open_members
from loopmart.ingest.json_records import find_records, is_json, read_documents
from loopmart.ingest.recognise import BOMS, XLSX_MAGIC, Cell, count_sheets, read_sheet

XLS_MAGIC = b"\xd0\xcf\x11\xe0"
PARQUET_MAGIC = b"PAR1"
DELIMITERS = (",", "\t", ";", "|")
GUARD = "`"
MAX_LINES_A_RECORD = 50


@dataclass(frozen=True)
class Line:
    """A line of a sample: its 1-based number, its text as it stands there, and its cells."""

    number: int
    text: str
    cells: tuple[str, ...]

    @property
    def filled(self) -> list[str]:
        """The cells that hold something."""
        return [cell for cell in self.cells if cell.strip()]


@dataclass
class Table:
    """A sample, or one member of a zip, as lines of cells.

    Attributes:
        name: file name, with the member's where it came in a zip.
        container: plain, gzip or zip.
        encoding: of a text, with `encoding_reason`; empty for a workbook or Parquet.
        is_guarded: whether data lines begin with a backtick, as do their cells.
        records: dotted path to the list of records in JSON.
        content: its bytes, unpacked.
    """

    name: str
    container: str
    form: Literal["text", "workbook", "json", "parquet"]
    content: bytes
    lines: list[Line] = field(default_factory=list)
    encoding: str = ""
    encoding_reason: str = ""
    delimiter: str = ","
    is_guarded: bool = False
    records: str = ""


def read_sample(path: Path) -> list[Table]:
    """Read a sample, or each member of a zip.

    Raises:
        LoopmartError: no such file, or nothing in it can be read; the message names it.
    """
    if not path.is_file():
        raise LoopmartError(f"{path} is no file; give the path of an export")
    raw = path.read_bytes()
    try:
        container = "gzip" if raw.startswith(GZIP_MAGIC) else "zip" if is_archive(raw) else "plain"
        tables = []
        for suffix, content in open_members(raw):
            if isinstance(content, FileRefused):
                raise content
            tables.append(read_table(path.name + suffix, container, content))
    except FileRefused as refusal:
        raise LoopmartError(f"{path}: {refusal}") from refusal
    return tables


def read_table(name: str, container: str, content: bytes) -> Table:
    """Split one content into lines of cells.

    Raises:
        FileRefused: it can be read in no way.
    """
    if content.startswith(PARQUET_MAGIC):
        return _read_parquet(name, container, content)
    if content.startswith((XLSX_MAGIC, XLS_MAGIC)):
        return _read_workbook(name, container, content)
    if is_json(content):
        return _read_json(name, container, content)
    return _read_text(name, container, content)


def detect_encoding(content: bytes) -> tuple[str, str]:
    """(encoding, why): a byte order mark, else strict UTF-8, else GB18030, else UTF-16 by its zero bytes.

    Raises:
        FileRefused: none of them reads it.
    """
    for mark, encoding in BOMS:
        if content.startswith(mark):
            return encoding, "it begins with a byte order mark"
    even, odd = content[0:4000:2].count(0), content[1:4000:2].count(0)
    if max(even, odd) > len(content[:4000]) // 5:
        return "utf-16", "every second byte is zero, and there is no byte order mark"
    try:
        content.decode("ascii")
        return "utf-8", "it is plain ASCII"
    except UnicodeDecodeError:
        pass
    for encoding, why in (("utf-8", "it is strict UTF-8"), ("gb18030", "it is no UTF-8, and every byte reads as GBK")):
        try:
            content.decode(encoding)
            return encoding, why
        except UnicodeDecodeError:
            continue
    raise FileRefused("the text is in none of UTF-8, GB18030 and UTF-16", "Save it as UTF-8 and try again")


def _read_text(name: str, container: str, content: bytes) -> Table:
    encoding, why = detect_encoding(content)
    text = content.decode(encoding).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    physical = text.removesuffix("\n").split("\n")
    table = Table(name, container, "text", content, encoding=encoding, encoding_reason=why)
    table.is_guarded = sum(line.startswith(GUARD) for line in physical) > 1 or (
        any(line.startswith(GUARD) for line in physical[1:3])
    )
    table.delimiter = "," if table.is_guarded else detect_delimiter(physical)
    table.lines = _split_guarded(physical) if table.is_guarded else _split(physical, table.delimiter)
    return table


def detect_delimiter(lines: list[str]) -> str:
    """The separator under which the most lines have the same number of cells, two or more."""

    def agreement(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines[:500], delimiter=delimiter) if any(row))
        counts = [(count, width) for width, count in widths.items() if width > 1]
        return max(counts, default=(0, 0))

    return max(DELIMITERS, key=agreement)


def _split(physical: list[str], delimiter: str) -> list[Line]:
    lines: list[Line] = []
    reader = csv.reader((line + "\n" for line in physical), delimiter=delimiter)
    start = 0
    for row in reader:
        if reader.line_num - start > MAX_LINES_A_RECORD:
            return [Line(n, t, tuple(t.split(delimiter))) for n, t in enumerate(physical, start=1)]
        text = "\n".join(physical[start : reader.line_num])
        lines.append(Line(start + 1, text, tuple(cell.rstrip("\n") for cell in row)))
        start = reader.line_num
    return lines


def _split_guarded(physical: list[str]) -> list[Line]:
    width = max((len(next(csv.reader([line]), [])) for line in physical if not line.startswith(GUARD)), default=0)

    def cells(line: str) -> list[str]:
        """Cells may hold commas, so the guard separates them, unless quoted cells stand among the guarded ones."""
        plain = [cell.removeprefix(GUARD) for cell in next(csv.reader([line]), [])]
        guarded = line[1:].split("," + GUARD) if line.startswith(GUARD) else plain
        return plain if len(plain) == width else guarded

    return [Line(number, line, tuple(cells(line))) for number, line in enumerate(physical, start=1)]


def _read_workbook(name: str, container: str, content: bytes) -> Table:
    """The sheet with the most filled rows."""
    sheets = [read_sheet(content, number) for number in range(count_sheets(content))]
    sheet = max(sheets, key=lambda rows: sum(any(row) for row in rows), default=[])
    rows = [tuple(_text_of(cell) for cell in row) for row in sheet]
    lines = [Line(number, " | ".join(filter(None, row)), row) for number, row in enumerate(rows, start=1)]
    return Table(name, container, "workbook", content, lines)


def _text_of(cell: Cell) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    return cell.isoformat() if isinstance(cell, (date, time)) else str(cell)


def _read_json(name: str, container: str, content: bytes) -> Table:
    try:
        documents, is_lines = read_documents(content)
    except (ValueError, RecursionError) as error:
        raise FileRefused(f"the JSON cannot be read ({error})", "Export it again") from error
    path = _find_list(documents[0], "")
    path = "" if path is None and is_lines else path
    records = find_records(documents, path) if path is not None else None
    if not records:
        raise FileRefused("the JSON holds no list of records", "Give the answer of the API with its records")
    keys = list(dict.fromkeys(key for record in records for key in record))
    table = Table(name, container, "json", content, encoding="utf-8", encoding_reason="JSON is UTF-8")
    table.records = path or ""
    rows = [keys, *([record.get(key, "") for key in keys] for record in records)]
    table.lines = [Line(number, " | ".join(row), tuple(row)) for number, row in enumerate(rows)]
    return table


def _find_list(place: Any, path: str) -> str | None:
    """The dotted path to the longest list of objects; None without one."""
    found: list[tuple[int, str]] = []

    def walk(value: Any, where: str) -> None:
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            found.append((len(value), where))
        elif isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, f"{where}.{key}" if where else key)

    walk(place, path)
    return max(found, default=(0, None))[1]


def _read_parquet(name: str, container: str, content: bytes) -> Table:
    try:
        arrow = pq.read_table(io.BytesIO(content))
    except (OSError, ValueError) as error:
        raise FileRefused(f"the Parquet file cannot be read ({error})", "Export it again") from error
    rows = [arrow.column_names, *([_plain(v) for v in row.values()] for row in arrow.to_pylist())]
    lines = [Line(number, " | ".join(row), tuple(row)) for number, row in enumerate(rows)]
    return Table(name, container, "parquet", content, lines)


def _plain(value: Any) -> str:
    return "" if value is None else value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else str(value)
