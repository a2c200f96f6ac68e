"""Periods that senders owe files for, and for which days the files that came speak."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from loopmart.contracts.dues import PeriodName
from loopmart.contracts.feeds import Feed
from loopmart.contracts.senders import Sender
from loopmart.contracts.sources import Source


@dataclass(frozen=True)
class Cover:
    """The file that counts for a day, and when (UTC) the first file of that day came."""

    file_id: str
    arrived_at: datetime


Covers = Mapping[tuple[str, str], Mapping[date, Cover]]
"""By sender and source, by day."""


def list_periods(sender: Sender, period: PeriodName, through: date) -> Iterator[tuple[date, date]]:
    """First and last day of each period that the sender owes, of those that begin by `through`.

    The first begins with `since`, also within a month; a month in which the store closes for good ends with the month.
    """
    last = min(sender.until or through, through)
    start = sender.since
    while start <= last:
        end = start
        if period == "month":
            end = start.replace(day=calendar.monthrange(start.year, start.month)[1])
        yield start, end
        start = end + timedelta(days=1)


def open_days(sender: Sender, start: date, end: date) -> list[date]:
    """The days of a period for which something is owed: those on which the store is open, up to its last one."""
    closed = sender.closed_days
    return [day for day in days_between(start, min(end, sender.until or end)) if day not in closed]


def days_between(start: date, end: date) -> Iterator[date]:
    """Every day from start to end, both included."""
    return (start + timedelta(days=i) for i in range((end - start).days + 1))


def write_spans(days: Iterable[date]) -> str:
    """Days in order, neighbours as one span: `2026-04-12..2026-04-14, 2026-04-20`."""
    spans: list[tuple[date, date]] = []
    for day in days:
        if spans and day - spans[-1][1] == timedelta(days=1):
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return ", ".join(f"{first}" if first == last else f"{first}..{last}" for first, last in spans)


def is_dated(source: Source, feed: Feed) -> bool:
    """Whether files of a source tell for which days they speak; a list that holds until the next one does not."""
    stated = source.period.pattern or source.period.file_name
    return bool(stated or (source.period.grain != "snapshot" and feed.business_date))


def cover_days(files: Iterable[Mapping[str, Any]]) -> Covers:
    """For which days files speak: from first to last day of the period in the ledger.

    Args:
        files: rows of the ledger in order of arrival. Those that count cover their days; one that was superseded
            still tells when a file of its days first came.
    """
    covers: dict[tuple[str, str], dict[date, Cover]] = {}
    for file in sorted(files, key=lambda f: f["status"] != "loaded"):
        if not file["period_start"]:
            continue
        known = covers.setdefault((file["sender_id"], file["source"]), {})
        arrived_at = came_at(file)
        for day in days_between(file["period_start"], file["period_end"]):
            before = known.get(day)
            if file["status"] == "loaded":
                known[day] = Cover(file["file_id"], min(arrived_at, before.arrived_at) if before else arrived_at)
            elif before and file["status"] == "superseded":
                known[day] = Cover(before.file_id, min(arrived_at, before.arrived_at))
    return covers


def came_at(file: Mapping[str, Any]) -> datetime:
    """When a file came, UTC: when it was written in landing, and at the latest when a run first saw it there."""
    return min(file["modified_at"], file["first_seen_at"])  # type: ignore[no-any-return]
