"""The arrival calendar: what each sender owes, when it is due, what came, what is late, closed or not due yet.

It depends on the clock, so nothing of it flows into the marts; they know from the manifest what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, Literal

from loopmart.contracts.catalogue import Catalogue
from loopmart.contracts.dues import Limit
from loopmart.contracts.senders import Sender
from loopmart.ingest.periods import Cover, came_at, cover_days, is_dated, list_periods, open_days

Status = Literal["arrived", "missing", "partial", "not_due", "closed"]


@dataclass(frozen=True)
class Entry:
    """One period of one source that a sender owes; times are UTC, without a zone.

    Attributes:
        status: `arrived` (files speak for every open day), `not_due` (they do not, and the due moment has not
            passed), `missing` (it has, and none speaks for any day), `partial` (it has, and some days lack),
            `closed` (the store opens on no day of it, so nothing is owed).
        due_at: the due moment; a file that comes at it is in time. None if closed.
        arrived_at: when the last file that the period needed came; None unless arrived.
        is_late: whether that was after the due moment; None unless arrived.
        file_id: the first of the files that count; None where there is none.
        missing_days: the open days of a partial period for which no file speaks.
    """

    sender: Sender
    source: str
    period_start: date
    period_end: date
    status: Status
    due_at: datetime | None = None
    arrived_at: datetime | None = None
    is_late: bool | None = None
    file_id: str | None = None
    missing_days: tuple[date, ...] = ()

    @property
    def is_overdue(self) -> bool:
        """Whether it was due and is not there, or not wholly."""
        return self.status in ("missing", "partial")


def list_entries(catalogue: Catalogue, files: Sequence[Mapping[str, Any]], now: datetime) -> list[Entry]:
    """The calendar up to the periods that run at `now`, by sender, source and period.

    A file speaks for the days of its period in the ledger. A list that states no date meets the periods whose last
    day it came on or after, so the first list after a gap meets all of it.

    Args:
        files: rows of the ledger, in order of arrival.
        now: UTC, without a zone.
    """
    covers = cover_days(files)
    lists: dict[tuple[str, str], list[Cover]] = {}
    for file in files:
        if file["status"] in ("loaded", "superseded", "duplicate"):
            lists.setdefault((file["sender_id"], file["source"]), []).append(Cover(file["file_id"], came_at(file)))
    entries: list[Entry] = []
    for _, sender in sorted(catalogue.senders.items()):
        today = now.replace(tzinfo=UTC).astimezone(sender.zone).date()
        for due in sorted(sender.dues, key=lambda d: d.source):
            source = catalogue.sources[due.source]
            limit = sender.limit_of(due, source)
            key = (sender.sender_id, due.source)
            covered = covers.get(key, {}) if is_dated(source, catalogue.feeds[source.feed]) else None
            for start, end in list_periods(sender, due.period, today):
                days = open_days(sender, start, end)
                if covered is None:
                    came = _meet_by_list(days, lists.get(key, ()), sender)
                else:
                    came = {day: covered[day] for day in days if day in covered}
                entry = Entry(sender, due.source, start, end, "closed")
                entries.append(_judge(entry, days, came, limit, now) if days else entry)
    return entries


def _meet_by_list(days: Sequence[date], lists: Sequence[Cover], sender: Sender) -> Mapping[date, Cover]:
    """Every day, by the first list that came on the last of them or after it; no day without one."""
    if not days:
        return {}
    opens = Limit(0, time(0)).moment(days[-1], sender.zone)
    first = min((c for c in lists if c.arrived_at >= opens), key=lambda c: c.arrived_at, default=None)
    return dict.fromkeys(days, first) if first else {}


def _judge(entry: Entry, days: Sequence[date], came: Mapping[date, Cover], limit: Limit, now: datetime) -> Entry:
    """What stands with a period, of whose `days` those in `came` are there."""
    due_at = limit.moment(entry.period_end, entry.sender.zone)
    file_id = next((cover.file_id for cover in came.values()), None)
    lacking = tuple(day for day in days if day not in came)
    if not lacking:
        arrived_at = max(cover.arrived_at for cover in came.values())
        is_late = arrived_at > due_at
        return replace(entry, status="arrived", due_at=due_at, arrived_at=arrived_at, is_late=is_late, file_id=file_id)
    if now <= due_at:
        return replace(entry, status="not_due", due_at=due_at, file_id=file_id)
    if came:
        return replace(entry, status="partial", due_at=due_at, file_id=file_id, missing_days=lacking)
    return replace(entry, status="missing", due_at=due_at)
