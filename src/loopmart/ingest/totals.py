"""Control totals: what a file says of itself, compared with its lines before anything of it counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import duckdb

from loopmart.contracts.sources import Promise
from loopmart.ingest.cast import expand
from loopmart.ingest.recognise import clean_cell
from loopmart.ingest.rows import DataLines


def create_macros(engine: duckdb.DuckDBPyConnection) -> None:
    """Make the functions that contracts may use.

    `amount(text)` is the number in a cell, without thousands separators and the yuan sign; `from_fen(text)` the
    text in yuan of a whole number of fen.
    """
    plain = "regexp_replace(t, '[,¥￥ \\t]', '', 'g')"
    engine.execute(f"create or replace macro amount(t) as try_cast({plain} as decimal(28, 5))")
    engine.execute(
        "create or replace macro from_fen(t) as case when regexp_full_match(t, '-?[0-9]{1,17}') "
        "then (try_cast(t as decimal(18, 0)) * 0.01)::decimal(18, 2)::varchar end"
    )


def sum_up(
    engine: duckdb.DuckDBPyConnection, table: str, promises: Sequence[Promise], header: Sequence[str]
) -> dict[int, tuple[Decimal | int | None, ...]]:
    """The aggregates of all promises by file number; a file without a line has none."""
    if not promises:
        return {}
    aggregates = ", ".join(expand(p.equals, header) for p in promises)
    rows = engine.execute(f"select _file, {aggregates} from {table} group by 1").fetchall()
    return {row[0]: row[1:] for row in rows}


def compare(
    promises: Sequence[Promise], lines: DataLines, sums: tuple[Decimal | int | None, ...] | None
) -> tuple[list[str], list[str]]:
    """What differs.

    Returns:
        (broken, differing): sentences with both figures, for enforced totals and for reported ones. A promise
        that the file does not make (another generation of its trailer) is none.
    """
    broken: list[str] = []
    differing: list[str] = []
    for promise, actual in zip(promises, sums or [None] * len(promises), strict=True):
        found = find_figure(promise, lines)
        if found is None:
            continue
        name, text = found
        wanted = parse_figure(text)
        if wanted is None or wanted != (actual or 0):
            sentence = f"it promises {name} {text}, its readable lines come to {Decimal(actual or 0).normalize():f}"
            (broken if promise.enforced else differing).append(sentence)
    return broken, differing


def find_figure(promise: Promise, lines: DataLines) -> tuple[str, str] | None:
    """(name, text) of the figure that a file promises; None where it makes no such promise."""
    if promise.cell is not None:
        names = [name for name in map(clean_cell, promise.cell.split("|")) if name in lines.trailer]
        return (names[0], lines.trailer[names[0]]) if names else None
    for text in (*lines.preamble, *lines.epilogue):
        match = re.search(promise.find or "", text)
        if match:
            return match.group().lstrip("#"), match.group(1)
    return None


def parse_figure(text: str) -> Decimal | None:
    """The number in a text such as `1,234.50`, `45.0` or `28 `; None for anything else."""
    try:
        return Decimal(text.replace(",", "").strip().lstrip("¥￥"))
    except InvalidOperation:
        return None
