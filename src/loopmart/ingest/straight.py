"""The straight way: from text to the lake's Parquet in one statement, for files in which every line is good.

Most nights most files are such. Rows stream through the same checks as everywhere; a file of which a line is missing
at the end, for whatever reason, is taken out and goes the careful way, where every line is explained.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from loopmart.contracts.feeds import Feed
from loopmart.contracts.sources import Source
from loopmart.ingest.cast import Parsing
from loopmart.ingest.cells import READER, define_columns
from loopmart.ingest.rows import DataLines
from loopmart.ingest.scan import count_lines
from loopmart.ingest.tokens import Tokeniser
from loopmart.ingest.totals import FileSums, sum_up

IN_PLACE_BYTES = 1 << 20
"""From this size on a file is read where it lies; smaller ones are read together."""
LOTS_AT_ONCE = max((os.cpu_count() or 1) // 2, 1)
"""Other feeds load beside this one; two lots on two cores cost a seventh more than one after the other (measured)."""


@dataclass
class StraightFile:
    """A file on the straight way.

    Attributes:
        path: where it lies, if its own bytes can be read there.
        dates: by business date (None without one): rows and their control amount.
        is_distinct: whether no key stands in it twice.
    """

    number: int
    file_id: str
    lines: DataLines
    path: Path | None
    dates: dict[date | None, tuple[int, Decimal | None]] = field(default_factory=dict)
    filtered: int = 0
    is_distinct: bool = True
    sums: FileSums | None = None

    @cached_property
    def line_count(self) -> int:
        """Data lines."""
        return count_lines(self.lines.text or b"")

    @property
    def is_whole(self) -> bool:
        """Whether every data line became a row or was filtered."""
        return sum(count for count, _ in self.dates.values()) + self.filtered == self.line_count


@dataclass(frozen=True)
class Statement:
    """What is done with the cells of files that look alike.

    Attributes:
        parse: writes the query over a relation of cells joined to `batch_files`, given a cheaper one of the cells
            alone, and the beginning of names for its tables of tokens.
        typed: columns that the engine may read in their type.
        padded: condition of lines whose cells would have to be trimmed.
        dropped: condition of lines that filters drop, `false` without any.
    """

    feed: Feed
    source: Source
    header: tuple[str, ...]
    parse: Callable[[str, str, str], Parsing]
    tokeniser: Tokeniser
    typed: dict[str, str]
    padded: str
    dropped: str

    def write_parquet(self, engine: duckdb.DuckDBPyConnection, cells: str, readable: str, part: Path) -> None:
        """Write the good rows."""
        kept = f"(from {cells} where ({self.padded}) is not true and ({self.dropped}) is not true)"
        parsing = self.parse(kept, readable, f"tokens_{part.stem}")
        for table, (kind, texts) in parsing.identifiers.items():
            self.tokeniser.make_table(engine, table, kind, texts)
        names = ", ".join(f.name for f in self.feed.fields)
        engine.execute(
            f"""
            copy (
                select {names}, sender_id, _file_id, _line from ({parsing.sql}) where _problem is null
            ) to '{part}' (format parquet, compression zstd)
            """
        )

    def count(self, engine: duckdb.DuckDBPyConnection, part: Path) -> list[tuple[Any, ...]]:
        """(file_id, business date, rows, amount) of what was written."""
        day = self.feed.business_date or "null::date"
        amount = f"sum({self.feed.control_amount})" if self.feed.control_amount else "null"
        query = f"select _file_id, {day}, count(*), {amount} from read_parquet('{part}') group by all order by all"
        return engine.execute(query).fetchall()

    def find_repeats(self, engine: duckdb.DuckDBPyConnection, part: Path) -> set[str]:
        """Ids of files in which a key may stand twice: equal keys have one hash, and hardly ever do others."""
        key = ", ".join(self.feed.key)
        query = f"""
            select any_value(_file_id) from read_parquet('{part}')
            group by hash(_file_id, {key}) having count(*) > 1
        """
        return {file_id for (file_id,) in engine.execute(query).fetchall()}


def load_straight(
    engine: duckdb.DuckDBPyConnection, statement: Statement, files: Sequence[StraightFile], workdir: Path, name: str
) -> tuple[list[StraightFile], list[Path]]:
    """Write the rows of files that look alike.

    Returns:
        (whole, parts): the files that came through whole, and the Parquet files that hold their rows and no others.
    """
    lots = _make_lots(files)
    # the line numbers of a lot can only be counted by one thread
    engine.execute("set threads = 1; set disabled_optimizers = 'filter_pushdown'")  # it would compute every field twice
    with ThreadPoolExecutor(LOTS_AT_ONCE) as pool:
        jobs = [
            pool.submit(_load_lot, engine.cursor(), statement, lot, workdir, f"{name}_{number}")
            for number, lot in enumerate(lots)
        ]
        done = [job.result() for job in jobs]
    engine.execute("reset threads; reset disabled_optimizers")
    return [file for whole, _ in done for file in whole], [part for _, part in done if part]


def _make_lots(files: Sequence[StraightFile]) -> list[list[StraightFile]]:
    """Lots of about the same size, which load at once; files that are read in place apart from those that are not."""
    lots: list[list[StraightFile]] = []
    for chosen in ([f for f in files if f.path], [f for f in files if not f.path]):
        count = min(len(chosen), LOTS_AT_ONCE)
        lots.extend(chosen[i * len(chosen) // count : (i + 1) * len(chosen) // count] for i in range(count))
    return lots


def _load_lot(
    engine: duckdb.DuckDBPyConnection, statement: Statement, files: list[StraightFile], workdir: Path, name: str
) -> tuple[list[StraightFile], Path | None]:
    part = workdir / f"{name}.parquet"
    while files:
        cells, readable = _describe_cells(engine, files, statement.typed, workdir, name)
        try:
            statement.write_parquet(engine, cells, readable, part)
        except duckdb.DataError:  # a figure beyond what the engine can hold; the careful way finds the file
            break
        by_id = {file.file_id: file for file in files}
        repeats = statement.find_repeats(engine, part)
        for file in files:
            file.dates, file.is_distinct, file.filtered = {}, file.file_id not in repeats, 0
        for file_id, day, count, amount in statement.count(engine, part):
            by_id[file_id].dates[day] = (count, amount)
        sums = sum_up(engine, cells, statement.dropped, statement.source, statement.header, is_padded=False)
        if statement.dropped != "false":
            query = f"select _file, count(*) from {cells} where {statement.dropped} group by 1"
            filtered = dict(engine.execute(query).fetchall())
            for file in files:
                file.filtered = filtered.get(file.number, 0)
        for file in files:
            file.sums = sums.get(file.number)
        whole = [file for file in files if file.is_whole]
        if len(whole) == len(files):
            return files, part
        files = whole
    part.unlink(missing_ok=True)
    return [], None


def _describe_cells(
    engine: duckdb.DuckDBPyConnection,
    files: Sequence[StraightFile],
    typed: Mapping[str, str],
    workdir: Path,
    name: str,
) -> tuple[str, str]:
    """The query of the cells (c0, c1, … text or `typed`) of a lot with _line and `batch_files`, and of them alone.

    A row's line follows from its place among the rows; where a line gave no row the lot is read once more without
    that file, so places are right in what is kept.
    """
    lines = files[0].lines
    cells = [f"c{i}" for i in range(len(lines.header))]
    columns = define_columns(cells, typed)
    if files[0].path:
        skip = f"skip = {lines.first_line - 1}, filename = true"
        texts, key = ", ".join(f"'{_quoted(file.path)}'" for file in files), "filename"
    else:
        text = workdir / f"{name}.csv"
        with text.open("wb") as out:
            for file in files:
                mark = f"{file.number}{lines.delimiter}".encode()
                body = (file.lines.text or b"")[:-1]
                out.writelines((mark, body.replace(b"\n", b"\n" + mark), b"\n") if file.line_count else ())
        columns = f"'_file': 'INTEGER', {columns}"
        skip, texts, key = "skip = 0", f"'{_quoted(text)}'", "_file"
    start = 0
    spans = []
    for file in files:
        spans.append((file.number, str(file.path), start - file.lines.first_line))
        start += file.line_count
    spanned = pa.table(dict(zip(("_file", "filename", "start"), map(list, zip(*spans, strict=True)), strict=True)))
    engine.register("spans", spanned)
    engine.execute(f"create or replace temp table spans_of_{name} as from spans join batch_files using (_file)")
    reader = f"""read_csv([{texts}], columns = {{{columns}}}, delim = '{lines.delimiter}', {skip}, {READER},
        rejects_table = 'errors_{name}', rejects_scan = 'scans_{name}')"""
    placed = f"""(
        select spans.*, {", ".join(cells)}, _row - spans.start as _line
        from (select *, row_number() over () - 1 as _row from {reader}) read
        join spans_of_{name} spans using ({key})
    )"""
    return placed, reader


def _quoted(path: Path | None) -> str:
    return str(path).replace("'", "''")
