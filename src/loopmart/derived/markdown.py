"""The few pieces of Markdown that derived pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def render_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a pipe or a line feed in a cell is written so that it stays in its cell."""
    lines = [f"| {' | '.join(_clean(cell) for cell in row)} |" for row in [titles, *rows]]
    lines.insert(1, "|---" * len(titles) + "|")
    return "\n".join(lines) + "\n"


def render_list(items: Iterable[str]) -> str:
    """One item a line."""
    return "".join(f"- {item}\n" for item in items)


def _clean(cell: str) -> str:
    return " ".join(cell.split()).replace("|", "\\|")
