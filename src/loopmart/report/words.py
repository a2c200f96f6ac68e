"""Words and numbers of one language: every text of the page comes from `texts/<language>.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from loopmart.contracts.parse import load_yaml

TEXTS = Path(__file__).parent / "texts"
LANGUAGES = ("en", "zh")
SOURCE_LANGUAGE = "en"
MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"

Text = str | list[str]
Number = int | Decimal


@cache
def load_texts(language: str) -> Mapping[str, Text]:
    """Return the catalogue of one language, flat: `sales.title` to its text, or to a list of texts."""
    tree = load_yaml((TEXTS / f"{language}.yaml").read_text(encoding="utf-8"))
    return dict(_flatten(tree, ""))


def _flatten(tree: Mapping[str, Any], prefix: str) -> list[tuple[str, Text]]:
    flat: list[tuple[str, Text]] = []
    for key, value in tree.items():
        flat += _flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else [(f"{prefix}{key}", value)]
    return flat


class Words:
    """Says texts, amounts and dates in one language; all that comes out is safe to stand in HTML.

    Args:
        language: `en` or `zh`.
        currency: ISO 4217 code of all amounts on the page.
    """

    def __init__(self, language: str, currency: str) -> None:
        self.language = language
        self.texts = load_texts(language)
        self.currency = currency
        self.symbol = str(self.texts.get(f"format.currency.{currency}", f"{currency} "))

    def text(self, key: str) -> str:
        """Return a text as the catalogue has it."""
        text = self.texts[key]
        if not isinstance(text, str):
            raise TypeError(f"{key} is a list of texts")
        return text

    def names(self, key: str) -> list[str]:
        """Return a list of texts, such as the months."""
        names = self.texts[key]
        if isinstance(names, str):
            raise TypeError(f"{key} is one text")
        return names

    def say(self, key: str, /, **values: object) -> Markup:
        """Return the text of a key with its places filled; a value is escaped unless it is Markup."""
        return Markup(escape(self.text(key))).format(**values)  # noqa: S704  the catalogue is escaped first

    def say_count(self, key: str, count: int, /, **values: object) -> Markup:
        """Return `<key>.one` or `<key>.other` with `{count}` filled."""
        return self.say(f"{key}.{'one' if count == 1 else 'other'}", count=self.count(count), **values)

    def label(self, group: str, code: str | None) -> Markup:
        """Return the word for a code of the data; an unknown code stands as it is, marked as no translation."""
        if code is None or not code.strip():
            return escape(NOTHING)
        text = self.texts.get(f"{group}.{code.strip().lower().replace(' ', '_')}")
        return escape(text) if isinstance(text, str) else self.foreign(code)

    def foreign(self, text: str | None) -> Markup:
        """Return a sentence that the data holds in English: as it is, translated where `known` has it, or marked."""
        if not text:
            return escape(NOTHING)
        if self.language == SOURCE_LANGUAGE:
            return escape(text)
        return self._translate(text) or Markup('<span lang="en">{}</span>').format(text)

    def count(self, number: Number | None) -> str:
        """Return a whole number with thousands separators."""
        return NOTHING if number is None else _signed(f"{number:,.0f}")

    def money(self, amount: Number | None, digits: int = 2) -> str:
        """Return an amount with its currency and thousands separators."""
        if amount is None:
            return NOTHING
        text = _signed(f"{amount:,.{digits}f}")
        return f"{MINUS}{self.symbol}{text[1:]}" if text.startswith(MINUS) else f"{self.symbol}{text}"

    def rate(self, rate: Number | None, digits: int = 1) -> str:
        """Return a share (1 is all) in percent."""
        return NOTHING if rate is None else _signed(f"{rate * 100:,.{digits}f}%")

    def change(self, rate: Number | None, digits: int = 1) -> str:
        """Return a change (0 is none) in percent with its sign."""
        return NOTHING if rate is None else _signed(f"{rate * 100:+,.{digits}f}%")

    def points(self, points: Number | None) -> str:
        """Return a difference of two shares in percentage points with its sign."""
        return NOTHING if points is None else str(self.say("format.points", number=_signed(f"{points * 100:+,.1f}")))

    def full_date(self, day: date | None) -> str:
        """Return a date in full: 31 December 2017."""
        return self._date("format.date", day)

    def day(self, day: date | None) -> str:
        """Return a short date: 31 Dec 2017."""
        return self._date("format.day", day)

    def month(self, day: date | None) -> str:
        """Return the month of a date: Dec 2017."""
        return self._date("format.month", day)

    def weekday(self, day: date) -> str:
        """Return the name of the weekday."""
        return self.names("format.weekdays")[day.weekday()]

    def days(self, first: date | None, last: date | None) -> str:
        """Return a span of days, or one day where both are the same."""
        if first is None or last is None or first == last:
            return self.day(first or last)
        if (first.year, first.month) == (last.year, last.month):
            parts = {"year": first.year, "month": first.month, "first": first.day, "last_day": last.day}
            return str(self.say("format.month_span", last=self.day(last), **parts))
        return str(self.say("format.span", first=self.day(first), last=self.day(last)))

    def moment(self, moment: datetime | None) -> str:
        """Return a date and a time of day to the minute."""
        if moment is None:
            return NOTHING
        return str(self.say("format.moment", day=self.day(moment), time=f"{moment:%H:%M}"))

    def _translate(self, text: str) -> Markup | None:
        for key, pattern in _known_sentences():
            if found := pattern.fullmatch(text):
                places = {name: self._translate(held) or held for name, held in found.groupdict().items()}
                return self.say(key, **places)
        return None

    def _date(self, key: str, day: date | None) -> str:
        if day is None:
            return NOTHING
        name, short = (self.names(f"format.{kind}")[day.month - 1] for kind in ("months", "short_months"))
        return str(self.say(key, year=day.year, month=day.month, day=day.day, name=name, short=short))


@cache
def _known_sentences() -> list[tuple[str, re.Pattern[str]]]:
    """Return the sentences that other stages write, as patterns of the English text: places match anything."""
    texts = load_texts(SOURCE_LANGUAGE)
    return [
        (key, re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(text)), re.DOTALL))
        for key, text in texts.items()
        if key.startswith("known.") and isinstance(text, str)
    ]


def _signed(text: str) -> str:
    """Return a number with a true minus sign, and without one where it rounds to zero."""
    if text[0] in "+-" and not any(digit in text for digit in "123456789"):
        return text[1:]
    return text.replace("-", MINUS)
