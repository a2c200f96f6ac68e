"""Which lines of a sample are what: preamble, header, data, totals, trailer, blank lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from loopmart.onboard.evidence import is_figure, is_moment
from loopmart.onboard.samples import Line, Table
from loopmart.onboard.words import clean_name, is_known, is_total

_OF_A_TRAILER = re.compile(r"总|合计|.*(总金额|总条数|笔数)|total", re.IGNORECASE)
HEADER_WITHIN_LINES = 40
"""As far down as the loader looks for a header."""
FOLLOWERS = 5


@dataclass
class Layout:
    """The lines of a sample by class.

    Attributes:
        header: the cells of the header line, cleaned, without empty ones at its end.
        score: of the header line, from 0 to 1; `runner_up` is the next best line and its score.
        data: the lines that are records.
        ragged: lines below the header with another number of cells.
        totals: lines among the data, or at their end, that say so of themselves.
        trailer_names, trailer_values: a trailer of its own header, and the line below it.
        epilogue: lines of prose below the data.
    """

    table: Table
    header: list[str]
    header_line: int
    score: float
    runner_up: tuple[int, float] | None
    preamble: list[Line] = field(default_factory=list)
    data: list[Line] = field(default_factory=list)
    ragged: list[Line] = field(default_factory=list)
    blank: list[Line] = field(default_factory=list)
    totals: list[Line] = field(default_factory=list)
    trailer_names: Line | None = None
    trailer_values: Line | None = None
    epilogue: list[Line] = field(default_factory=list)

    def column(self, name: str) -> list[str]:
        """The cells of a column in the data, stripped."""
        position = self.header.index(name)
        return [line.cells[position].strip() for line in self.data]


def read_layout(table: Table) -> Layout | None:
    """Tell the lines of a sample apart; None where no line looks like a header."""
    if table.form in ("json", "parquet"):
        layout = Layout(table, [clean_name(c) for c in table.lines[0].cells], 0, 1.0, None)
        layout.data = table.lines[1:]
        return layout
    ranked = sorted(
        ((score_header(table, i), -i) for i in range(min(HEADER_WITHIN_LINES, len(table.lines)))), reverse=True
    )
    if not ranked or ranked[0][0] <= 0:
        return None
    (score, negative), *others = ranked
    index = -negative
    line = table.lines[index]
    header = [clean_name(cell) for cell in line.cells]
    while header and not header[-1] and table.form == "workbook":
        header.pop()
    runner_up = next(((table.lines[-i].number, s) for s, i in others if s > 0), None)
    layout = Layout(table, header, line.number, score, runner_up, preamble=table.lines[:index])
    _sort_body(layout, table.lines[index + 1 :])
    return layout


def score_header(table: Table, index: int) -> float:
    """How much a line looks like a header, from 0 to 1.

    Half of it is the share of cells that the dictionary knows; the rest that no cell is a figure or a time, that cells
    differ, and that the lines below have as many cells.
    """
    line = table.lines[index]
    filled = [clean_name(cell) for cell in line.filled]
    if len(filled) < 2 or len(filled) < len(_stripped(line)) - 1 or is_total(filled[0]):
        return 0.0
    if any(is_figure(cell) or is_moment(cell) for cell in filled):
        return 0.0
    below = [other for other in table.lines[index + 1 : index + 1 + FOLLOWERS] if other.filled]
    width = len(line.cells)
    known = sum(is_known(cell) for cell in filled) / len(filled)
    follow = sum(len(other.cells) == width for other in below) / len(below) if below else 0.0
    values = sum(any(is_figure(c) or is_moment(c) for c in other.filled) for other in below)
    told = values / len(below) if below else 0.0
    distinct = len(set(filled)) / len(filled)
    length = min(len(filled), 8) / 8
    if sum(bool(_OF_A_TRAILER.match(cell)) for cell in filled) * 2 >= len(filled):
        return 0.0
    return round(0.5 * known + 0.15 * follow + 0.15 * told + 0.1 * distinct + 0.1 * length, 3)


def _stripped(line: Line) -> list[str]:
    cells = list(line.cells)
    while cells and not cells[-1].strip():
        cells.pop()
    return cells


def _sort_body(layout: Layout, body: list[Line]) -> None:
    layout.blank = [line for line in body if not line.filled]
    filled = [line for line in body if line.filled]
    width = len(layout.header)
    is_sheet = layout.table.form == "workbook"
    while filled and _is_prose(filled[-1], width):
        layout.epilogue.insert(0, filled.pop())
    if len(filled) > 1 and _is_trailer_header(filled[-2], filled[-1], layout):
        layout.trailer_values, layout.trailer_names = filled.pop(), filled.pop()
    for line in filled:
        fits = len(line.cells) == width or (is_sheet and len(_stripped(line)) <= width)
        if is_total(line.filled[0]) and (line.cells[0].strip() or len(line.filled) < width):
            layout.totals.append(line)
        elif fits:
            layout.data.append(Line(line.number, line.text, line.cells[:width]))
        else:
            layout.ragged.append(line)


def _is_prose(line: Line, width: int) -> bool:
    if line.text.startswith("#"):
        return True
    filled = line.filled
    return width > 2 and len(filled) == 1 and not is_total(filled[0]) and not is_figure(filled[0])


def _is_trailer_header(names: Line, values: Line, layout: Layout) -> bool:
    """A line of other names that begins like a total, then a line of figures."""
    heads = [clean_name(cell) for cell in names.filled]
    figures = values.filled
    if not heads or heads == layout.header or len(heads) != len(figures):
        return False
    is_named = any(_OF_A_TRAILER.match(head) for head in heads)
    return is_named and not any(map(is_figure, heads)) and all(map(is_figure, figures))
