"""Control totals: what a file says of itself, compared with its lines before anything of it counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import duckdb

from loopmart.contracts.sources import Promise, Source
from loopmart.ingest.expressions import expand
from loopmart.ingest.recognise import clean_cell
from loopmart.ingest.rows import DataLines

Figure = Decimal | int | None
_SIGNS = re.compile(r"[,$€£¥￥\s]")
FileSums = tuple[list[Figure], list[str | None]]
"""Of one file: what each promise comes to, and the figure of it that lines among the data state, if any does."""


FIGURE = re.compile(r"[+-]?([0-9]{1,28}([.][0-9]{0,28})?|[.][0-9]{1,28})")
IMPLAUSIBLE = Decimal(10) ** 10
"""From here on a stated figure is not shown: where a total is lost, another cell may stand in its place."""


def sum_up(
    engine: duckdb.DuckDBPyConnection, relation: str, dropped: str, source: Source, header: Sequence[str], **form: bool
) -> dict[int, FileSums]:
    """The aggregates of all promises by file number; a file without a line has none.

    Args:
        relation: table or query of cells, filtered lines included.
        dropped: SQL condition of the lines that filters drop.
        form: what `expand` has to know of the cells.
    """
    if not source.promises:
        return {}
    aggregates = [expand(p.equals, header, source, **form) for p in source.promises]
    kept_only = [i for i, p in enumerate(source.promises) if p.over == "kept"]
    figures = [_figure_among(p, header, source, form) if p.row else "null" for p in source.promises]
    query = "select _file, {} from {} group by 1"
    sums: dict[int, FileSums] = {}
    for number, *values in engine.execute(query.format(", ".join([*aggregates, *figures]), relation)).fetchall():
        sums[number] = (values[: len(aggregates)], values[len(aggregates) :])
    if kept_only and dropped != "false":
        picked = ", ".join(aggregates[i] for i in kept_only)
        kept = f"(from {relation} where ({dropped}) is not true)"
        found = {n: values for n, *values in engine.execute(query.format(picked, kept)).fetchall()}
        for number, (all_lines, _) in sums.items():
            for place, i in enumerate(kept_only):
                all_lines[i] = found[number][place] if number in found else None
    return sums


def _figure_among(promise: Promise, header: Sequence[str], source: Source, form: dict[str, bool]) -> str:
    """SQL of the figure that lines among the data state: their sum, or the text of one that is no number."""
    cell = expand(f"[{promise.cell}]", header, source, **form)
    row = f"coalesce({expand(promise.row or '', header, source, **form)}, false)"
    return f"""coalesce(
        any_value({cell}) filter ({row} and amount({cell}) is null and {cell} is not null),
        cast(sum(amount({cell})) filter ({row}) as varchar)
    )"""


def compare(promises: Sequence[Promise], lines: DataLines, sums: FileSums | None) -> tuple[list[str], list[str]]:
    """What differs.

    Returns:
        (broken, differing): sentences with both figures, for enforced totals and for reported ones. A promise
        that the file does not make (another generation of its trailer) is none.
    """
    broken: list[str] = []
    differing: list[str] = []
    actuals, inner = sums or ([None] * len(promises), [None] * len(promises))
    for promise, actual, among_data in zip(promises, actuals, inner, strict=True):
        found = find_figure(promise, lines, among_data)
        if found is None:
            continue
        name, text = found
        wanted = parse_figure(text)
        if wanted is None or wanted != (actual or 0):
            stated = (
                text if wanted is not None and abs(wanted) < IMPLAUSIBLE else "as a text that is no plausible figure"
            )
            sentence = f"it promises {name} {stated}, its readable lines come to {Decimal(actual or 0).normalize():f}"
            (broken if promise.enforced else differing).append(sentence)
    return broken, differing


def find_figure(promise: Promise, lines: DataLines, among_data: str | None = None) -> tuple[str, str] | None:
    """(name, text) of the figure that a file promises; None where it makes no such promise."""
    if promise.row:
        return None if among_data is None else (str(promise.cell), _plain(among_data))
    if promise.cell is not None:
        names = [name for name in map(clean_cell, promise.cell.split("|")) if name in lines.trailer]
        return (names[0], lines.trailer[names[0]]) if names else None
    if promise.path is not None:
        return _find_in_documents(promise, lines.documents)
    for text in (*lines.preamble, *lines.epilogue):
        match = re.search(promise.find or "", text)
        if match:
            return match.group().lstrip("#"), match.group(1)
    return None


def _find_in_documents(promise: Promise, documents: Sequence[Any]) -> tuple[str, str] | None:
    """Where each document states its own total, their sum; else the one total that all of them state."""
    texts = []
    for document in documents:
        place = document
        for step in str(promise.path).split("."):
            place = place.get(step) if isinstance(place, dict) else None
        if place is not None:
            texts.append(str(place))
    if not texts:
        return None
    figures = [parse_figure(text) for text in texts]
    if promise.each == "document" and None not in figures:
        return str(promise.path), f"{sum((f for f in figures if f is not None), Decimal()).normalize():f}"
    return str(promise.path), " and ".join(dict.fromkeys(texts))


def _plain(text: str) -> str:
    """A sum without the zeros behind it; any other text as it is."""
    figure = parse_figure(text)
    return text if figure is None else f"{figure.normalize():f}"


def parse_figure(text: str) -> Decimal | None:
    """The number in a text such as `1,234.50`, `-$45.0` or `28 `; None for anything else."""
    plain = _SIGNS.sub("", text)
    return Decimal(plain) if FIGURE.fullmatch(plain) else None
