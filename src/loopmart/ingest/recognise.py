"""Which source a content is: told by its header line, never by its name."""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine

from loopmart.contracts.sources import Source
from loopmart.errors import FileRefused
from loopmart.ingest.answers import explain_answer
from loopmart.ingest.json_records import find_records, is_json, read_documents

HEADER_WITHIN_LINES = 40
HEAD_BYTES = 1 << 16
XLSX_MAGIC = b"PK\x03\x04"
XLS_MAGIC = b"\xd0\xcf\x11\xe0"
WORKBOOK_MAGICS = (XLSX_MAGIC, XLS_MAGIC)
PARQUET_MAGIC = b"PAR1"
BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

Cell = str | int | float | bool | datetime | date | time | timedelta
Sheet = list[list[Cell]]


@dataclass(frozen=True)
class Recognition:
    """What a content is.

    Attributes:
        source: the contract that fits.
        header: the header's cells as they stand in the file, cleaned.
        header_line: 1-based line of the header, 0 for JSON.
        encoding: of a text, None for a spreadsheet.
        sheet: 0-based position of the sheet.
    """

    source: Source
    header: tuple[str, ...]
    header_line: int
    encoding: str | None
    sheet: int = 0


def clean_cell(cell: object) -> str:
    """A header cell without guards, padding and width variants (full-width brackets become half-width)."""
    return unicodedata.normalize("NFKC", str(cell)).strip("\ufeff \t\r\n\"'`")


Index = Mapping[str, Sequence[Source]]
"""The sources in whose headers a cell may stand."""


def index_cells(sources: Iterable[Source]) -> Index:
    """Index sources by the cells of their headers: a line that fits one has only cells of it."""
    index: dict[str, list[Source]] = {}
    for source in sources:
        for name in {clean_cell(name) for name in source.header_names}:
            index.setdefault(name, []).append(source)
    return index


def recognise(content: bytes, sources: Iterable[Source], index: Index | None = None) -> Recognition:
    """Find the one source whose header stands in the first 40 lines.

    Args:
        index: of the same sources, where many contents are to be recognised.

    Raises:
        FileRefused: none fits (with the nearest one and what differs), or more than one does.
    """
    sources = list(sources)
    index = index_cells(sources) if index is None else index
    if content.startswith(WORKBOOK_MAGICS):
        found, seen = _match_sheets(content, index)
    elif content.startswith(PARQUET_MAGIC):
        found, seen = _match_parquet(content, index)
    elif is_json(content):
        found, seen = _match_json(content, sources)
    else:
        found, seen = _match_text(content[:HEAD_BYTES], sources, index)
    names = sorted({f.source.source for f in found})
    if len(names) > 1:
        raise FileRefused(
            f"two contracts fit: {', '.join(names)}",
            "Tell them apart by their headers in contracts/sources, or remove one",
        )
    if not found:
        raise FileRefused(*(explain_answer(content) or _explain_zeros(content) or _explain_unknown(seen, sources)))
    return found[0]


def _match_text(head: bytes, sources: Sequence[Source], index: Index) -> tuple[list[Recognition], list[list[str]]]:
    """The sources that fit the first line that any fits; where none does, the cells of all lines."""
    seen: list[list[str]] = []
    marked = [name for mark, name in BOMS if head.startswith(mark)]
    delimiters = dict.fromkeys(s.delimiter for s in sources if s.format != "json")
    for encoding in marked or dict.fromkeys(e for s in sources for e in s.encodings):
        text = _decode_head(head, encoding)
        if text is None:
            continue
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n", HEADER_WITHIN_LINES)
        for number, line in enumerate(lines[:HEADER_WITHIN_LINES], start=1):
            found = []
            for delimiter in delimiters:
                cells = _cells_of_line(line, delimiter)
                seen.append(list(cells))
                found += [
                    Recognition(source, cells, number, encoding)
                    for source in _fitting(cells, index)
                    if source.delimiter == delimiter and (marked or encoding in source.encodings)
                ]
            if found:
                return found, []
    return [], seen


@lru_cache(maxsize=4096)
def _cells_of_line(line: str, delimiter: str) -> tuple[str, ...]:
    """Cleaned cells; files of one system repeat their headers, so most lines that matter are known already."""
    try:
        return tuple(clean_cell(c) for c in next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:
        return ()


def _match_sheets(content: bytes, index: Index) -> tuple[list[Recognition], list[list[str]]]:
    seen: list[list[str]] = []
    for sheet in range(count_sheets(content)):
        for number, row in enumerate(read_sheet(content, sheet)[:HEADER_WITHIN_LINES], start=1):
            cells = tuple(clean_cell(c) for c in row)
            seen.append(list(cells))
            found = [Recognition(source, cells, number, None, sheet) for source in _fitting(cells, index)]
            if found:
                return found, seen
    return [], seen


def _match_parquet(content: bytes, index: Index) -> tuple[list[Recognition], list[list[str]]]:
    header = tuple(clean_cell(c) for c in read_parquet(content)[0])
    return [Recognition(source, header, 0, None) for source in _fitting(header, index)], [list(header)]


def _match_json(content: bytes, sources: Sequence[Source]) -> tuple[list[Recognition], list[list[str]]]:
    """Records of an API's answer, or of a table whose keys are the names of its header."""
    try:
        documents, _ = read_documents(content)
    except (ValueError, RecursionError) as error:
        raise FileRefused(f"the JSON cannot be read ({error})", "Ask the sender to export it again") from error
    found: list[Recognition] = []
    seen: list[list[str]] = []
    keys_at: dict[str, list[str] | None] = {}
    for source in sources:
        if source.records not in keys_at:
            records = find_records(documents, source.records)
            keys_at[source.records] = None if records is None else list(dict.fromkeys(itertools.chain(*records)))
            seen.extend([keys_at[source.records] or []] if records is not None else [])
        keys = keys_at[source.records]
        if keys is None:
            continue
        if source.format == "table":
            names = tuple(map(clean_cell, keys))
            if any(fits(names, header, source.optional) for header in source.header):
                found.append(Recognition(source, names, 0, "utf-8"))
        elif any(all(fits_key(keys, cell) for cell in header) for header in source.header):
            found.append(Recognition(source, tuple(keys), 0, "utf-8"))
    return found, seen or [[str(key) for key in d] for d in documents[:1] if isinstance(d, dict)]


def fits_key(keys: Sequence[str], cell: str) -> bool:
    """Whether one of the alternatives of a header cell is among the keys of a JSON."""
    return any(name in keys for name in cell.split("|"))


def _fitting(cells: tuple[str, ...], index: Index) -> list[Source]:
    """The tables whose header these cells are."""
    first = next(filter(None, cells), "")
    return [
        source
        for source in index.get(first, ())
        if source.format != "json" and any(fits(cells, header, source.optional) for header in source.header)
    ]


def fits(cells: Sequence[str], header: Sequence[str], optional: Sequence[str] = ()) -> bool:
    """Whether a line's cells are those of a header, in any order; `a|b` in the header stands for either.

    Cells of `optional` may stand there or not.
    """
    if len(cells) < len(header):
        return False
    named = [cell for cell in cells if cell]
    if not len(header) <= len(named) <= len(header) + len(optional):
        return False
    if not all(sum(cell in names for cell in named) == 1 for names in _alternatives(tuple(header))):
        return False
    extra = len(named) - len(header)
    return not extra or extra == sum(
        sum(cell in names for cell in named) == 1 for names in _alternatives(tuple(optional))
    )


@cache
def _alternatives(header: tuple[str, ...]) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(clean_cell(name) for name in cell.split("|")) for cell in header)


@cache
def _newest_names(header: tuple[str, ...]) -> list[str]:
    return [clean_cell(cell.split("|")[0]) for cell in header]


def encodings_of(head: bytes, source: Source) -> list[str]:
    """The encodings to try, in order: the byte order mark's alone where there is one."""
    marked = [name for mark, name in BOMS if head.startswith(mark)]
    return marked or list(source.encodings)


def _decode_head(head: bytes, encoding: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head, final=False).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None


def count_sheets(content: bytes) -> int:
    """How many sheets a workbook has.

    Raises:
        FileRefused: not a readable workbook.
    """
    return len(_open_workbook(content).sheet_names)


def read_sheet(content: bytes, sheet: int = 0) -> Sheet:
    """The cells of a workbook's sheet, row by row from row 1.

    Raises:
        FileRefused: not a readable workbook.
    """
    try:
        return list(_open_workbook(content).get_sheet_by_index(sheet).to_python(skip_empty_area=False))
    except (python_calamine.CalamineError, IndexError, OSError) as error:
        raise _unreadable(error) from error


def read_parquet(content: bytes) -> Sheet:
    """The names of a Parquet file's columns, and below them its rows.

    Raises:
        FileRefused: damaged, or with columns of other than plain values.
    """
    try:
        table = pq.read_table(io.BytesIO(content))
        table.validate(full=True)  # texts of a damaged file may be no UTF-8
        names = list(table.column_names)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FileRefused(f"the Parquet file cannot be read ({error})", "Ask the sender to send it again") from error
    nested = [f.name for f in table.schema if pa.types.is_nested(f.type)]
    if nested:
        raise FileRefused(f"columns {nested} hold lists or records", "Ask the sender for a flat table")
    columns = [[_plain_value(value) for value in column.to_pylist()] for column in table.columns]
    return [names, *map(list, zip(*columns, strict=True))]


def _plain_value(value: Any) -> Cell:
    if value is None:
        return ""
    if isinstance(value, (str, float, bool, datetime, date, time)):
        return value
    return str(value)


def _open_workbook(content: bytes) -> python_calamine.CalamineWorkbook:
    try:
        return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    except (python_calamine.CalamineError, OSError) as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> FileRefused:
    return FileRefused(f"the workbook cannot be read ({error})", DO_WORKBOOK)


DO_WORKBOOK = (
    "Open it in Excel, save it again, and send it again; what Excel cannot open (a document, a picture) is no export"
)


def _explain_zeros(content: bytes) -> tuple[str, str] | None:
    is_other = content.startswith((*WORKBOOK_MAGICS, PARQUET_MAGIC, *(mark for mark, _ in BOMS)))
    if is_other or b"\0" not in content[:HEAD_BYTES]:
        return None
    return (
        "no contract knows this content; it holds zero bytes: it is no text, or UTF-16 without its byte order mark",
        "If it is a table, export it as UTF-8 or as a workbook; if it is not for us, remove it",
    )


def _hide_numbers(text: str) -> str:
    """A text whose long numbers are not shown: the line that stands for a header may be one of phones and cards."""
    return re.sub(r"[^\s|]*[0-9]{4}[^\s|]*", "…", text)


def _explain_unknown(seen: list[list[str]], sources: Sequence[Source]) -> tuple[str, str]:
    best, best_cells, best_score = None, [], 0.0
    headers = [(source, _newest_names(tuple(known))) for source in sources for known in source.header]
    matcher: difflib.SequenceMatcher[str] = difflib.SequenceMatcher()
    for cells in map(list, dict.fromkeys(map(tuple, seen))):
        matcher.set_seq2(cells)
        for source, wanted in headers:
            matcher.set_seq1(wanted)
            bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
            if all(bound() > best_score for bound in bounds):
                best, best_score, best_cells = (source, wanted), matcher.ratio(), cells
    if best is None or best_score < 0.5:
        first = next((cells for cells in seen if any(cells)), [])
        blank = "nothing, every line is blank" if seen else "no text that any of our encodings can read"
        shown = _hide_numbers(" | ".join(first)[:200]) or blank
        return (
            f"no contract knows this content; its first line reads: {shown}",
            "If it is a new export, add a YAML to contracts/sources; if it is not for us, remove it",
        )
    source, wanted = best
    missing = ", ".join(c for c in wanted if c not in best_cells) or "–"
    extra = ", ".join(_hide_numbers(c) for c in best_cells if c not in wanted) or "–"
    return (
        f"the header is nearly that of {source.source}: missing columns {missing}, extra columns {extra}",
        f"Export it with the usual columns, or add this header to contracts/sources/{source.source}.yaml",
    )
