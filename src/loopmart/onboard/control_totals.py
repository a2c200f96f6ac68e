"""Totals that a sample states of itself: tried against its own columns, and proposed as promises where they hold."""

from __future__ import annotations

import re
from decimal import Decimal

from loopmart.onboard.amounts import amount_sql
from loopmart.onboard.draft import Draft, is_one_of, quote
from loopmart.onboard.evidence import is_figure, parse_money
from loopmart.onboard.layout import Layout
from loopmart.onboard.samples import Line
from loopmart.onboard.words import clean_name

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
MIN_FIGURE = 2
"""A smaller figure in prose fits too much by chance."""


def find_totals(draft: Draft) -> None:
    """Propose trailer, filters and promises. A promise is proposed only if it holds in every sample that states it."""
    with_names = [lo for lo in draft.layouts if lo.trailer_names]
    with_prose = [lo for lo in draft.layouts if lo.epilogue]
    with_totals = [lo for lo in draft.layouts if lo.totals]
    if with_names:
        _propose_trailer_of_names(draft, with_names)
    elif with_prose:
        _propose_prose(draft, with_prose)
    if with_totals:
        _propose_totals_rows(draft, with_totals)
    for layout in draft.layouts:
        if any(map(_NUMBER.search, (line.text for line in layout.preamble))):
            _find_in_prose(draft, layout, layout.preamble)


def sums_of(draft: Draft, layout: Layout) -> dict[str, tuple[str, Decimal]]:
    """(aggregate, figure) by what it is of: the count of lines, each column's sum, and its sum with returns less."""
    sums = {"lines": ("count(*)", Decimal(len(layout.data)))}
    types = draft.mapping.column("kind")
    back = draft.words_of_kind("refund")
    for column in draft.columns:
        if column.name not in layout.header or column.share("figure") < 0.6:
            continue
        numbers = [parse_money(text, comma=column.has_comma_decimals) for text in layout.column(column.name)]
        if not any(numbers):
            continue
        plain = sum((n for n in numbers if n is not None), Decimal(0))
        sums[column.name] = (f"sum({amount_sql(draft, column)})", plain)
        if types and back and types.name in layout.header:
            kinds = layout.column(types.name)
            signed = sum(
                (-n if k in back else n for n, k in zip(numbers, kinds, strict=True) if n is not None), Decimal(0)
            )
            if signed != plain:
                number = amount_sql(draft, column)
                sql = f"sum(case when {is_one_of(types, back)} then -{number} else {number} end)"
                sums[f"{column.name} less returns"] = (sql, signed)
    return sums


def _promise_for(draft: Draft, places: list[tuple[Layout, str]], name: str) -> str | None:
    """The aggregate that equals a stated figure in every sample: that of the column of this name first."""
    agreed: list[str] | None = None
    for layout, text in places:
        figure = parse_money(text)
        sums = sums_of(draft, layout)
        here = [what for what, (_, value) in sums.items() if figure is not None and value == figure]
        here.sort(key=lambda what: (not what.startswith(name), what != "lines"))
        agreed = here if agreed is None else [what for what in agreed if what in here]
    return sums_of(draft, places[0][0])[agreed[0]][0] if agreed else None


def _propose_totals_rows(draft: Draft, layouts: list[Layout]) -> None:
    """A totals row at the end with its word in the first cell is a trailer, if it promises something; else a filter."""
    last = [lo.totals[0] for lo in layouts if len(lo.totals) == 1 and lo.totals[0].cells[0].strip()]
    at_end = [lo for lo in layouts if lo.totals and (not lo.data or lo.totals[-1].number > lo.data[-1].number)]
    promises = _promises_of_cells(draft, layouts)
    is_trailer = len(last) == len(draft.layouts) == len(at_end) and promises and not draft.trailer
    if is_trailer:
        words = list(dict.fromkeys(clean_name(line.cells[0]) for line in last))
        draft.trailer = {"first_cell": "|".join(words)}
        draft.promises += promises
        draft.note(
            "sure", "trailer", f"line {last[0].number} begins with {words[0]}: a file without it counts as incomplete"
        )
        return
    places: dict[str, list[str]] = {}
    for layout in layouts:
        for line in layout.totals:
            position = next(i for i, text in enumerate(line.cells) if text.strip())
            if position < len(layout.header):
                places.setdefault(layout.header[position], []).append(line.cells[position].strip())
    conditions = [f"[{name}] in ({quote(sorted(set(words)))})" for name, words in places.items()]
    draft.filters.append({"when": " or ".join(conditions), "reason": "a totals row"})
    stated = [word for words in places.values() for word in words]
    if len(conditions) == len(set(stated)) == len(stated) // len(layouts):
        draft.promises += [{"cell": p["cell"], "row": conditions[-1], "equals": p["equals"]} for p in promises]
    lines = ", ".join(str(line.number) for lo in layouts for line in lo.totals)
    draft.note("sure", "filter", f"totals rows in line {lines}: counted as filtered, not loaded")


def _promises_of_cells(draft: Draft, layouts: list[Layout]) -> list[dict[str, str]]:
    promises = []
    for name in dict.fromkeys(n for lo in layouts for n in lo.header if n):
        places = [
            (lo, lo.totals[-1].cells[lo.header.index(name)].strip())
            for lo in layouts
            if name in lo.header and lo.header.index(name) < len(lo.totals[-1].cells)
        ]
        stated = [(lo, text) for lo, text in places if is_figure(text)]
        if not stated or len(stated) < len(places):
            continue
        promise = _promise_for(draft, stated, name)
        line = layouts[0].totals[-1].number
        if promise:
            promises.append({"cell": name, "equals": promise})
            draft.note("sure", "control total", f"line {line}, column {name}: {stated[0][1]} = {promise}, it holds")
        elif parse_money(stated[0][1]):
            _note_unexplained(draft, layouts[0], line, name, stated[0][1])
    return promises


def _note_unexplained(draft: Draft, layout: Layout, line: int, name: str, text: str) -> None:
    found = sums_of(draft, layout).get(name)
    actual = f"the sum of its lines is {found[1]}" if found else "no sum of a column equals it"
    draft.note("unsure", "control total", f"line {line}, column {name}: {text}, but {actual}: no promise is proposed")


def _propose_trailer_of_names(draft: Draft, layouts: list[Layout]) -> None:
    headers: list[list[str]] = []
    for layout in layouts:
        names, values = layout.trailer_names, layout.trailer_values
        if names is None or values is None:
            continue
        heads = [clean_name(text) for text in names.filled]
        if heads not in headers:
            headers.append(heads)
    draft.trailer = {"header": headers}
    first = layouts[0].trailer_names
    draft.note("sure", "trailer", f"line {first.number if first else 0}: names of totals, their figures below")
    for name in dict.fromkeys(head for heads in headers for head in heads):
        places = [(lo, text) for lo in layouts if (text := _stated(lo, name)) is not None]
        promise = _promise_for(draft, places, name.removeprefix("总"))
        if promise:
            draft.promises.append({"cell": name, "equals": promise})
            draft.note("sure", "control total", f"{name} {places[0][1]} = {promise}, it holds")
        elif parse_money(places[0][1]):
            draft.note("unsure", "control total", f"{name} {places[0][1]}: equals no sum of a column: no promise")


def _stated(layout: Layout, name: str) -> str | None:
    names, values = layout.trailer_names, layout.trailer_values
    if names is None or values is None:
        return None
    pairs = dict(zip(map(clean_name, names.filled), map(clean_name, values.filled), strict=True))
    return pairs.get(name)


def _propose_prose(draft: Draft, layouts: list[Layout]) -> None:
    beginnings = list(dict.fromkeys(_beginning(line.text) for lo in layouts for line in lo.epilogue))
    if all(lo.epilogue for lo in draft.layouts):
        draft.trailer = {"begins_with": beginnings[0] if len(beginnings) == 1 else beginnings}
        line = layouts[0].epilogue[0]
        draft.note("sure", "trailer", f"lines of prose from line {line.number} on, beginning with {beginnings}")
    for layout in layouts:
        _find_in_prose(draft, layout, layout.epilogue)


def _beginning(text: str) -> str:
    if text.startswith("#"):
        return "#"
    return re.split(r"[\d:：,，\s]", text, maxsplit=1)[0] or text[:1]


def _find_in_prose(draft: Draft, layout: Layout, lines: list[Line]) -> None:
    """A figure in prose is a promise if exactly one aggregate over the lines equals it."""
    sums = sums_of(draft, layout)
    for line in lines:
        for found in _NUMBER.finditer(line.text):
            before = re.split(r"[\s:：,，;；]", line.text[: found.start()].rstrip(" :："))[-1]
            figure = parse_money(found.group())
            matching = {sql for sql, value in sums.values() if value == figure}
            if figure is None or abs(figure) < MIN_FIGURE or len(matching) != 1 or not re.search(r"[^\W\d]", before):
                continue
            after = re.match(r"[元笔条]?", line.text[found.end() :])
            gap = line.text[line.text.rindex(before, 0, found.start()) + len(before) : found.start()]
            pattern = f"{re.escape(before)}{re.escape(gap)}(-?[0-9.,]+){after[0] if after else ''}"
            promise = {"find": pattern.replace("\\ ", " "), "equals": matching.pop()}
            if promise not in draft.promises:
                draft.promises.append(promise)
                text = f"line {line.number}: {before}{gap}{found.group()} = {promise['equals']}, it holds"
                draft.note("sure", "control total", text)
