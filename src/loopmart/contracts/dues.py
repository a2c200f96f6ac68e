"""Dues: what a sender owes, how often and by when; the words of `owes`, of `closes` and of `closed` in stores.csv.

    owes   = due { " " due }                     till_utf8:day alipay_trade_bill:day@10:00 vip_card_list:month@+3d
    due    = source ":" period [ "@" limit ]
    period = "day" | "month"
    limit  = HH:MM                               that time on the day after the period's last day
           | "+" N "d"                           the end of the Nth day after the period's last day
           | "+" N "d" HH:MM                     that time on the Nth day after the period's last day
    closes = HH:MM                               closing time; one before 06:00 is past midnight
    closed = part { "," part }                   sun,2026-10-01,2026-02-16..2026-02-22
    part   = mon | tue | … | sun | date | date ".." date

All times are those of the sender's clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Literal, cast
from zoneinfo import ZoneInfo

PeriodName = Literal["day", "month"]
PERIODS: tuple[PeriodName, ...] = ("day", "month")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NIGHT_ENDS = time(6)
"""A closing time before this hour belongs to the evening before."""
SOURCE_NAME = re.compile(r"[a-z0-9_]+")
LIMIT = re.compile(r"(?:\+(?P<days>[1-9][0-9]?)d)?(?P<clock>[0-9]{2}:[0-9]{2})?")
SPAN = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?")


@dataclass(frozen=True)
class Limit:
    """By when something is due: `days` after the last day of its period, at the time `at` of the sender's clock."""

    days: int
    at: time

    def moment(self, last_day: date, zone: ZoneInfo) -> datetime:
        """The moment in UTC, without a zone, as the ledger keeps times.

        Where clocks go forward, a time that they skip falls as much later; where they go back, the first of the
        two equal times counts.
        """
        local = datetime.combine(last_day + timedelta(days=self.days), self.at, tzinfo=zone)
        return local.astimezone(UTC).replace(tzinfo=None)


END_OF_DAY = Limit(1, time(0))


@dataclass(frozen=True)
class Due:
    """One entry of `owes`; `limit` is None where contract or closing time give it."""

    source: str
    period: PeriodName
    limit: Limit | None


@dataclass(frozen=True)
class ClosedDays:
    """Days on which a store does not open and owes nothing."""

    weekdays: frozenset[int]
    spans: tuple[tuple[date, date], ...]

    def __contains__(self, day: date) -> bool:
        """Whether the store stays closed on a day."""
        return day.weekday() in self.weekdays or any(first <= day <= last for first, last in self.spans)


@cache
def parse_dues(text: str) -> tuple[Due, ...]:
    """Parse the cell `owes`.

    Raises:
        ValueError: with the entry, what is wrong with it and how to write it.
    """
    dues = [_parse_due(entry) for entry in text.split()]
    names = [due.source for due in dues]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name} stands there more than once; write each source once, by day or by month")
    return tuple(dues)


def _parse_due(entry: str) -> Due:
    name, colon, rest = entry.partition(":")
    period, at, limit = rest.partition("@")
    if not colon or not SOURCE_NAME.fullmatch(name):
        raise ValueError(f"{entry!r} is no source:period; write it as till_utf8:day, several with a blank between them")
    if period not in PERIODS:
        raise ValueError(f"{entry!r} has the period {period!r}; write day or month, as in {name}:day")
    try:
        return Due(name, cast(PeriodName, period), parse_limit(limit) if at else None)
    except ValueError as error:
        raise ValueError(f"{entry!r}: {error}") from error


def parse_limit(text: object) -> Limit:
    """Parse what stands behind the @ of a due, or in `due` of a source.

    Raises:
        ValueError: with the text and how to write it.
    """
    if not isinstance(text, str):
        raise ValueError(f'{text!r} is no text; put the time into quotes, as in "10:00"')
    found = LIMIT.fullmatch(text)
    if not found or not text:
        raise ValueError(
            f"{text!r} is no due time; write 10:00 (the next day), +3d (by the end of the third day after) or +3d10:00"
        )
    days, clock = found["days"], found["clock"]
    if clock is None:
        return Limit(int(days) + 1, time(0))
    return Limit(int(days or 1), _parse_clock(clock))


@cache
def parse_closing(text: str) -> Limit:
    """Parse the setting `closes`.

    Raises:
        ValueError: it is no time of day.
    """
    at = _parse_clock(text)
    return Limit(1 if at < NIGHT_ENDS else 0, at)


def _parse_clock(text: str) -> time:
    if not re.fullmatch(r"[0-9]{2}:[0-9]{2}", text) or text > "23:59" or text[3:] > "59":
        raise ValueError(f"{text!r} is no time of day; write it as HH:MM from 00:00 to 23:59")
    return time(int(text[:2]), int(text[3:]))


@cache
def parse_closed(text: str) -> ClosedDays:
    """Parse the setting `closed`.

    Raises:
        ValueError: with the part that is neither a weekday nor a date nor a span of dates.
    """
    weekdays, spans = set(), []
    for part in (p.strip() for p in text.split(",")):
        if part in WEEKDAYS:
            weekdays.add(WEEKDAYS.index(part))
            continue
        found = SPAN.fullmatch(part)
        try:
            first = date.fromisoformat(found[1]) if found else None
            last = date.fromisoformat(found[2]) if found and found[2] else first
        except ValueError:
            first = last = None
        if first is None or last is None or last < first:
            raise ValueError(
                f"{part!r} is no closed day; write a weekday ({', '.join(WEEKDAYS)}), a date as 2026-10-01, or a "
                "span as 2026-02-16..2026-02-22, separated by commas"
            )
        spans.append((first, last))
    return ClosedDays(frozenset(weekdays), tuple(spans))
