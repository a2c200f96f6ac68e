"""`loopmart source check`: how a file would be read, class of lines by class, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.markup import escape

from loopmart.contracts.sources import Source
from loopmart.errors import FileRefused
from loopmart.ingest.cells import load_cells
from loopmart.ingest.containers import GZIP_MAGIC, is_archive
from loopmart.ingest.expressions import create_macros, expand
from loopmart.ingest.recognise import (
    BOMS,
    HEADER_WITHIN_LINES,
    XLSX_MAGIC,
    Recognition,
    clean_cell,
    read_sheet,
    recognise,
)
from loopmart.ingest.rows import DataLines, read_lines
from loopmart.ingest.totals import find_figure, parse_figure, sum_up
from loopmart.ledger.tables import LINE_CLASSES, MEMBER_MARK
from loopmart.masks import mask_text
from loopmart.rehearse import Rehearsal, rehearse
from loopmart.settings import Settings
from loopmart.terminal import PLAIN

MAX_TEXT = 160
"""Characters of a line that are shown."""
HEAD_BYTES = 1 << 16


def check_file(settings: Settings, console: Console, file: Path, sender_id: str | None, limit: int = 20) -> None:
    """Say which source a file is, what becomes of its lines, and how its first rows are read.

    Args:
        sender_id: who would send it; any registered sender where it does not matter.
        limit: how many lines of each class to show; 0 for all.

    Raises:
        LoopmartError: no such file or sender.
    """
    raw = file.read_bytes() if file.is_file() else b""
    with rehearse(settings, file, sender_id) as rehearsal:
        for row in rehearsal.files:
            name = row["path"].partition("/")[2]
            console.print(f"[bold]{escape(name)}[/]: {row['status']}", highlight=False, soft_wrap=True)
            console.print(f"  container: {_container_of(raw, name)}", **PLAIN)
            for text in (row["reason"], row["remedy"]):
                if text:
                    console.print(f"  {text}", **PLAIN)
            _print_reading(console, rehearsal, row, limit)


def nearest_contract(content: bytes, sources: Iterable[Source]) -> tuple[str, int, int] | None:
    """The contract whose header is the nearest to a line in the head of a content.

    Returns:
        (source, names, of): how many of its header's names stand in one line; None where no two do.
    """
    if content.startswith(XLSX_MAGIC):
        rows = [{clean_cell(cell) for cell in row} for row in read_sheet(content)[:HEADER_WITHIN_LINES]]
    else:
        head = content[:HEAD_BYTES]
        lines = head.decode(_encoding_of(head), errors="replace").splitlines()[:HEADER_WITHIN_LINES]
        rows = [{clean_cell(cell) for cell in re.split(r"[,;|\t:]", line)} for line in lines]
    best: tuple[float, str, int, int] | None = None
    for source in sources:
        for header in source.header:
            names = [{clean_cell(name) for name in cell.split("|")} for cell in header]
            for row in rows:
                found = sum(bool(alternatives & row) for alternatives in names)
                candidate = (found / max(len(names), len(row)), source.source, found, len(names))
                best = max(best or candidate, candidate)
    return best[1:] if best and best[2] > 1 else None


def _print_reading(console: Console, rehearsal: Rehearsal, row: dict[str, Any], limit: int) -> None:
    sources = rehearsal.catalogue.sources
    try:
        content = rehearsal.content(row)
        if not row["source"]:
            _print_nearest(console, "nearest contract", content, sources.values())
            return
        source = sources[row["source"]]
        found = recognise(content, [source])
        console.print(f"  source {source.source} → feed {source.feed}, as if sent by {rehearsal.sender_id}", **PLAIN)
        _print_recognition(console, content, found)
        _print_nearest(console, "runner-up", content, [s for s in sources.values() if s is not source])
        lines = read_lines(content, source)
    except FileRefused:
        return  # said already, as the file's reason
    if row["line_count"]:
        parts = ", ".join(f"{row[name]:,} {name.replace('_', ' ')}" for name in LINE_CLASSES if row[name])
        console.print(
            f"  {row['line_count']:,} lines: {parts}; period {row['period_start']} to {row['period_end']}", **PLAIN
        )
    _print_texts(console, [(n, f"preamble: {text}") for n, text in enumerate(lines.preamble, start=1)], limit)
    lines.look_closely()
    with duckdb.connect() as engine:
        create_macros(engine, [source])
        load_cells(engine, "cells", {0: lines}, rehearsal.world.home, lambda _number, _bad: None)
        dropped = _print_filtered(console, engine, source, lines, limit)
        _print_trailer(console, lines, limit)
        _print_promises(console, engine, source, lines, dropped)
    if row["status"] == "loaded":
        _print_rows(console, rehearsal, row, limit)


def _container_of(raw: bytes, name: str) -> str:
    if MEMBER_MARK in name:
        return f"zip, member {name.partition(MEMBER_MARK)[2]}"
    try:
        return "gzip" if raw.startswith(GZIP_MAGIC) else "zip" if is_archive(raw) else "none, the plain file"
    except FileRefused:
        return "zip, damaged"


def _encoding_of(head: bytes) -> str:
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return encoding
    try:
        head[: len(head) - 4 or None].decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as error:
        return "gb18030" if error.reason != "unexpected end of data" else "utf-8"


def _print_recognition(console: Console, content: bytes, found: Recognition) -> None:
    if found.encoding is None or found.source.format == "json":
        console.print(
            f"  form: {'JSON' if found.source.format == 'json' else f'workbook, sheet {found.sheet + 1}'}", **PLAIN
        )
    else:
        console.print(f"  encoding: {found.encoding}, because {_reason_of(content, found.encoding)}", **PLAIN)
    if found.header_line:
        text = " | ".join(found.header)
        console.print(f"  header: line {found.header_line}, {len(found.header)} cells: {text[:MAX_TEXT]}", **PLAIN)


def _reason_of(content: bytes, encoding: str) -> str:
    if any(content.startswith(mark) for mark, _ in BOMS):
        return "the file begins with a byte order mark"
    if encoding == "utf-8":
        return "every byte is strict UTF-8, and there is no byte order mark"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return (
            f"it is no UTF-8 (line {line}: bytes {content[error.start : error.end].hex(' ')}), and {encoding} reads it"
        )
    return "the contract tries it first"


def _print_nearest(console: Console, what: str, content: bytes, sources: Iterable[Source]) -> None:
    near = nearest_contract(content, sources)
    if near:
        source, names, of = near
        console.print(f"  {what}: {source}, {names} of its {of} header names stand in one line", **PLAIN)


def _print_texts(console: Console, texts: Sequence[tuple[int, str]], limit: int) -> None:
    for line, text in texts[: limit or None]:
        console.print(f"  line {line}, {mask_text(text)[:MAX_TEXT]}", **PLAIN)
    _print_more(console, len(texts), limit)


def _print_more(console: Console, count: int, limit: int) -> None:
    if limit and count > limit:
        console.print(f"  … and {count - limit:,} more; --lines 0 shows all", **PLAIN)


def _print_filtered(
    console: Console, engine: duckdb.DuckDBPyConnection, source: Source, lines: DataLines, limit: int
) -> str:
    """Print each filtered line with the reason of its filter; returns the condition that a line is dropped."""
    columns = ", ".join(f"c{i}" for i in range(len(lines.header)))
    found: dict[int, str] = {}
    conditions = []
    for rule in source.filters:
        condition = f"({expand(rule.when, lines.header, source, **_form(lines))})"
        conditions.append(condition)
        rows = engine.execute(f"select _line, concat_ws(' | ', {columns}) from cells where {condition}").fetchall()
        for line, text in rows:
            found.setdefault(line, f"filtered, {rule.reason}: {text}")
    _print_texts(console, sorted(found.items()), limit)
    return " or ".join(conditions) or "false"


def _form(lines: DataLines) -> dict[str, bool]:
    return {"is_padded": lines.is_padded, "is_guarded": lines.is_guarded}


def _print_trailer(console: Console, lines: DataLines, limit: int) -> None:
    if lines.trailer:
        told = ", ".join(f"{name}={value}" for name, value in lines.trailer.items() if value)
        console.print(f"  trailer: {told}", **PLAIN)
    for text in lines.epilogue[: limit or None]:
        console.print(f"  trailer: {mask_text(text)[:MAX_TEXT]}", **PLAIN)
    _print_more(console, len(lines.epilogue), limit)


def _print_promises(
    console: Console, engine: duckdb.DuckDBPyConnection, source: Source, lines: DataLines, dropped: str
) -> None:
    """Print each control total with both figures."""
    sums = sum_up(engine, "cells", dropped, source, lines.header, **_form(lines)).get(0)
    actuals, among_data = sums or ([None] * len(source.promises), [None] * len(source.promises))
    for promise, actual, stated in zip(source.promises, actuals, among_data, strict=True):
        found = find_figure(promise, lines, stated)
        if found:
            name, text = found
            verdict = "ok" if parse_figure(text) == (actual or 0) else "BROKEN" if promise.enforced else "differs"
            told = f"{Decimal(actual or 0).normalize():f}"
            console.print(f"  control total {name}: the file says {text}, its lines come to {told}: {verdict}", **PLAIN)


def _print_rows(console: Console, rehearsal: Rehearsal, row: dict[str, Any], limit: int) -> None:
    if row["control_amount"] is not None:
        console.print(f"  money in the loaded rows: {row['control_amount']:,}", **PLAIN)
    refused = rehearsal.quarantined_rows(row, limit)
    for problem in refused:
        column, value = problem["column_name"], problem["value"]
        where = f"line {problem['_line']}" + (f", column {column}" if column else "")
        where += f", found {value!r}" if value else ""
        console.print(f"  {where}: {problem['reason'].rstrip('.')}. {problem['remedy']}", **PLAIN)
    _print_more(console, row["quarantined_rows"], limit)
    for cells in rehearsal.loaded_rows(row, min(limit, 5) if limit else 0):
        hidden = ("_file_id", "_line", "sender_id")
        shown = ", ".join(
            f"{k}={v}{' UTC' if isinstance(v, datetime) else ''}"
            for k, v in cells.items()
            if v is not None and k not in hidden
        )
        console.print(f"  line {cells['_line']} → {shown}", **PLAIN)
