"""What the values of a column show: figures, times, long numbers, phones, words of a closed list."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property

from loopmart.masks import PHONE
from loopmart.onboard.times import TimeForms, is_moment, read_forms
from loopmart.onboard.words import unit_of

EMPTY_MARKS = ("-", "--", "—", "/", "null", "NULL", "None", "N/A", "n/a", "无")
MASKED_PHONE = re.compile(r"1\d{2}\*{4}\d{4}")
_FIGURE = re.compile(r"[+-]?(?:[¥￥$]|RMB|CNY)?\s*[+-]?\d[\d,.]*")
_SPOILT = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
_COMMA_DECIMALS = re.compile(r"[+-]?\d{1,3}(\.\d{3})*,\d{1,2}|[+-]?\d+,\d{1,2}")
_GUARDED = re.compile(r"^(?:'|=\"?)")
__all__ = ["Column", "is_figure", "is_moment", "parse_money"]


def is_figure(value: str) -> bool:
    """Whether a cell is a number, with or without thousands separators and a currency sign."""
    return bool(_FIGURE.fullmatch(value.strip().strip("`%"))) and not is_moment(value)


def parse_money(value: str, *, comma: bool = False) -> Decimal | None:
    """The number in a cell; None where there is none."""
    plain = re.sub(r"[¥￥$\s`]|RMB|CNY", "", value)
    plain = plain.replace(".", "").replace(",", ".") if comma else plain.replace(",", "")
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None


@dataclass(frozen=True)
class Column:
    """A column of the samples: its name, and (line, text) of each cell in the data."""

    name: str
    cells: tuple[tuple[int, str], ...]

    @cached_property
    def values(self) -> list[str]:
        """The texts that stand for something."""
        return [text for _, text in self.cells if text and text not in EMPTY_MARKS]

    @cached_property
    def empty_marks(self) -> list[str]:
        """Texts such as `--` that stand for nothing."""
        return sorted({text for _, text in self.cells if text in EMPTY_MARKS})

    @cached_property
    def forms(self) -> TimeForms:
        """How times are written here."""
        return read_forms(self.values)

    @property
    def unit(self) -> str | None:
        """`yuan` or `fen` where the name says so."""
        return unit_of(self.name)

    @property
    def is_unique(self) -> bool:
        """Whether every line has a value, and no two the same."""
        return len(self.values) == len(self.cells) and len(set(self.values)) == len(self.values) > 0

    @property
    def repeated(self) -> list[str]:
        """Values that stand more than once, the most frequent first."""
        return [value for value, count in Counter(self.values).most_common() if count > 1]

    def share(self, kind: str) -> float:
        """The share of values of a kind: figure, integer, moment, phone, text; 0 without any value."""
        tests = {
            "figure": is_figure,
            "integer": lambda v: bool(re.fullmatch(r"[+-]?\d+", v)),
            "moment": is_moment,
            "phone": lambda v: bool(PHONE.search(v) or MASKED_PHONE.search(v)),
            "long": lambda v: bool(re.fullmatch(r"\d{15,}", v)),
        }
        return sum(map(tests[kind], self.values)) / len(self.values) if self.values else 0.0

    @property
    def is_time(self) -> bool:
        """Whether most values are dates or times."""
        readable = len(self.values) - len(self.forms.unread)
        return bool(self.values) and readable / len(self.values) >= 0.6

    @property
    def has_comma_decimals(self) -> bool:
        """Whether figures are written 1,99: no figure contradicts it, and at least one shows it."""
        figures = [v for v in self.values if is_figure(v)]
        shown = [v for v in figures if _COMMA_DECIMALS.fullmatch(v)]
        return bool(shown) and all("," in v or "." not in v for v in figures) and not self._has_thousands(figures)

    @staticmethod
    def _has_thousands(figures: list[str]) -> bool:
        return any(re.fullmatch(r"\D*\d{1,3}(,\d{3})+(\.\d+)?", v) for v in figures)

    @property
    def signs(self) -> str:
        """Signs in the figures that a number has none of: currency signs and thousands separators."""
        figures = [v for v in self.values if is_figure(v)]
        found = "".join(sign for sign in "¥￥$" if any(sign in v for v in figures))
        return found + ("," if not self.has_comma_decimals and any("," in v for v in figures) else "")

    @property
    def guard(self) -> str:
        """`'` or `=` where values begin so, as spreadsheets keep texts."""
        guarded = [v for v in self.values if _GUARDED.match(v)]
        return guarded[0][0] if guarded and len(guarded) >= len(self.values) / 2 else ""

    @property
    def spoilt(self) -> list[tuple[int, str]]:
        """Long numbers that a spreadsheet turned into powers of ten."""
        return [(line, text) for line, text in self.cells if _SPOILT.fullmatch(text)]
