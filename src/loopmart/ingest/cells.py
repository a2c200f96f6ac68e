"""The careful way: cells as a table of texts, every line either a row or refused with its reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import duckdb
import pyarrow as pa

from loopmart.ingest.rows import BadLine, DataLines, bad_width

Refuse = Callable[[int, Sequence[BadLine]], None]
"""Takes the number of a file and lines of it that are no records."""


def load_cells(
    engine: duckdb.DuckDBPyConnection, table: str, files: Mapping[int, DataLines], workdir: Path, refuse: Refuse
) -> None:
    """Make the view `table` (c0, c1, … text, _file, _line) of the data lines of files that look alike.

    It joins the cells and the numbers of the lines by their position, which costs nothing.

    Args:
        files: lines by file number; all hold a text, or all hold records, under one header.

    Raises:
        RuntimeError: the engine made another number of rows than there are lines.
    """
    first = next(iter(files.values()))
    columns = [f"c{i}" for i in range(len(first.header))]
    if first.text is None:
        _load_records(engine, table, columns, files, refuse)
    else:
        _load_texts(engine, table, columns, files, workdir, refuse)
    rows, lines = (engine.execute(f"select count(*) from {table}_{part}").fetchone() for part in ("rows", "lines"))
    if rows != lines:
        raise RuntimeError(f"the engine made {rows} rows of {lines} lines; nothing was committed")
    engine.execute(f"create view {table} as from {table}_rows positional join {table}_lines")


def drop_cells(engine: duckdb.DuckDBPyConnection, table: str) -> None:
    """Drop what `load_cells` made, as far as it came."""
    engine.execute(f"drop view if exists {table}")
    for part in ("rows", "lines"):
        engine.execute(f"drop table if exists {table}_{part}")


def define_columns(columns: Sequence[str], kinds: Mapping[str, str] = MappingProxyType({})) -> str:
    """The columns of a reader: texts, but for those whose kind is given."""
    return ", ".join(f"'{c}': '{kinds.get(c, 'VARCHAR')}'" for c in columns)


READER = """auto_detect = false, header = false, quote = '', escape = '', strict_mode = true, store_rejects = true,
    rejects_limit = 0"""
"""How the engine reads lines without quotes: a line of another width is a reject, nothing is repaired."""


def _load_records(
    engine: duckdb.DuckDBPyConnection, table: str, columns: list[str], files: Mapping[int, DataLines], refuse: Refuse
) -> None:
    records = [(number, line, cells) for number, lines in files.items() for line, cells in lines.records or []]
    numbers, line_numbers, rows = zip(*records, strict=True) if records else ((), (), ())
    cells = zip(*rows, strict=True) if rows else ((),) * len(columns)
    arrays = dict(zip(columns, (pa.array(c, pa.string()) for c in cells), strict=True))
    places = pa.table({"_file": pa.array(numbers, pa.int32()), "_line": pa.array(line_numbers, pa.int64())})
    for part, content in (("rows", pa.table(arrays)), ("lines", places)):
        engine.register("records", content)
        engine.execute(f"create table {table}_{part} as from records")
    for number, lines in files.items():
        refuse(number, lines.bad_lines)


def _load_texts(
    engine: duckdb.DuckDBPyConnection,
    table: str,
    columns: list[str],
    files: Mapping[int, DataLines],
    workdir: Path,
    refuse: Refuse,
) -> None:
    """Let the engine split texts of one record a line; line numbers come from the order of the rows."""
    text = workdir / f"{table}.csv"
    with text.open("wb") as out:
        out.writelines(lines.text or b"" for lines in files.values())
    delimiter = next(iter(files.values())).delimiter
    engine.execute(
        f"""
        create table {table}_rows as select * from read_csv('{text}', columns = {{{define_columns(columns)}}},
            delim = '{delimiter}', {READER}, rejects_table = '{table}_errors', rejects_scan = '{table}_scans')
        """
    )
    spans = [(number, lines.first_line, (lines.text or b"").count(b"\n")) for number, lines in files.items()]
    names = ("f", "first", "n")
    engine.register("spans", pa.table(dict(zip(names, map(list, zip(*spans, strict=True)), strict=True))))
    engine.execute(
        f"""
        create table {table}_lines as
        select f::integer as _file, first + i as _line from (select f, first, unnest(range(n)) as i from spans)
        """
    )
    _take_rejects(engine, table, len(columns), refuse)
    engine.execute(f"drop table {table}_errors; drop table {table}_scans")
    text.unlink()


def _take_rejects(engine: duckdb.DuckDBPyConnection, table: str, width: int, refuse: Refuse) -> None:
    rejects = engine.execute(
        f"""
        select _file, _line, any_value(error_type), max(len(csv_line)) from {table}_errors
        join (select row_number() over () as line, * from {table}_lines) using (line)
        group by all order by _file, _line
        """
    ).fetchall()
    if not rejects:
        return
    by_file: dict[int, list[BadLine]] = defaultdict(list)
    for number, line, error, length in rejects:
        by_file[number].append(_explain_reject(line, error, length, width))
    for number, bad in by_file.items():
        refuse(number, bad)
    engine.execute(
        f"""
        create or replace table {table}_lines as
        select _file, _line from (select row_number() over () as line, * from {table}_lines)
        where line not in (select line from {table}_errors) order by line
        """
    )


def _explain_reject(line: int, error: str, length: int, width: int) -> BadLine:
    if error == "MISSING COLUMNS":
        return bad_width(line, "fewer", width)
    if error == "TOO MANY COLUMNS":
        return bad_width(line, "more", width)
    return BadLine(
        line,
        f"the line is no record ({error.lower()}, {length:,} characters)",
        "Look at the line in the file",
    )
