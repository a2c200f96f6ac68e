"""Lines of files as they stand in landing, cell by cell, with what is personal masked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from loopmart.contracts.feeds import Feed, load_feeds
from loopmart.contracts.sources import Source, names_in
from loopmart.errors import FileRefused
from loopmart.ingest.containers import read_content
from loopmart.ingest.recognise import clean_cell
from loopmart.ingest.rows import DataLines, read_lines
from loopmart.masks import mask, mask_text
from loopmart.settings import Settings

FIGURE_OR_TIME = re.compile(r"[-+¥￥$]*[\d,./: \-]*")


@dataclass(frozen=True)
class LandingFile:
    """A file of landing and the contract by which it was read; `lines` is None where it cannot be opened any more."""

    source: Source
    feed: Feed | None
    lines: DataLines | None
    trouble: str = ""

    def show_line(self, number: int, column: str | None = None) -> list[tuple[str, bool]]:
        """(text, is_to_blame) of each cell of a line, as `name=value`.

        Cells that give a token, or nothing at all, are masked. A line that is no record is shown in its pieces.

        Args:
            column: header name or field that was found wrong.
        """
        if self.lines is None:
            return [(self.trouble, False)]
        cells = self._cells(number)
        if len(cells) != len(self.lines.header):
            return [(_mask_unknown(cell), False) for cell in cells]
        blamed = self._cells_of(column) if column else set()
        open_names, token_names = self._names()
        shown = []
        for name, cell in zip(self.lines.header, cells, strict=True):
            is_open = name in open_names and name not in token_names
            text = mask_text(cell.strip()) if is_open else mask(cell)
            shown.append((f"{name}={text}", name in blamed))
        return shown

    def _cells(self, number: int) -> list[str]:
        if self.lines is None:
            return []
        if self.lines.records is not None:
            found = dict(self.lines.records).get(number)
            return found if found is not None else [self._physical(number)]
        return self._physical(number).split(self.lines.delimiter)

    def _physical(self, number: int) -> str:
        if self.lines is None or self.lines.text is None:
            return "(the line is no record)"
        return self.lines.text.split(b"\n")[number - self.lines.first_line].decode()

    def _names(self) -> tuple[set[str], set[str]]:
        """Header names that feed plain fields, and those that feed tokens."""
        tokens = {f.name for f in self.feed.fields if f.token_of} if self.feed else set()
        plain, personal = set[str](), set[str]()
        for name, field in self.source.columns.items():
            (personal if field in tokens else plain).add(clean_cell(name))
        for field, expression in self.source.derive.items():
            (personal if field in tokens else plain).update(map(clean_cell, names_in(expression)))
        return plain, personal

    def _cells_of(self, column: str) -> set[str]:
        """The cells behind what was found wrong: a cell itself, or those that a field is worked out from."""
        names = {column, *column.split(", ")}
        for part in column.split(", "):
            names |= {*names_in(self.source.derive.get(part, ""))}
            names |= {name for name, field in self.source.columns.items() if field == part}
        return {clean_cell(name) for name in names}


def open_landing_file(settings: Settings, path: str, source: Source) -> LandingFile:
    """Open a file of landing by its ledger path; one that is gone or unreadable says so in its lines."""
    feed = load_feeds(settings.contracts_dir).get(source.feed)
    try:
        content = read_content(settings.landing_dir, path)
        lines = read_lines(content, source)
    except FileNotFoundError:
        return LandingFile(source, feed, None, "(the file is gone from landing)")
    except FileRefused as refusal:
        return LandingFile(source, feed, None, f"(the file cannot be read: {refusal.reason})")
    return LandingFile(source, feed, lines)


def _mask_unknown(cell: str) -> str:
    return mask_text(cell) if FIGURE_OR_TIME.fullmatch(cell) else mask(cell)
