"""What a person asks of the arrival calendar: who owes what, by when, what came, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from loopmart.contracts.catalogue import load_catalogue
from loopmart.contracts.senders import check_sender
from loopmart.errors import LoopmartError
from loopmart.ingest.arrivals import Entry, list_entries
from loopmart.ingest.periods import write_spans
from loopmart.ledger.store import Ledger
from loopmart.settings import Settings

RECENT_DAYS = 7
WORDS = ("missing", "partial", "late", "not_due", "arrived", "closed")
"""What may be asked for, the most urgent first; `late` is an arrival after its due moment, `arrived` any other."""
COLOURS = {"missing": "red", "partial": "red", "late": "yellow", "not_due": "cyan", "arrived": "green", "closed": "dim"}


@dataclass(frozen=True)
class Choice:
    """Which part of the calendar to show; an empty tuple and None stand for all.

    Attributes:
        senders: ids of stores and of the head office.
        first, last: periods that have a day in this span.
        statuses: of `WORDS`.
    """

    senders: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    statuses: tuple[str, ...] = ()


def choose(
    senders: Sequence[str] | None,
    day: date | None,
    first: date | None,
    last: date | None,
    statuses: Sequence[str] | None,
) -> Choice:
    """What the options of the command ask for.

    Raises:
        LoopmartError: a word is no status, or the dates contradict each other.
    """
    unknown = sorted(set(statuses or ()) - set(WORDS))
    if unknown:
        raise LoopmartError(f"--status {unknown[0]}: there is no such status; take one of {', '.join(WORDS)}")
    if day and (first or last):
        raise LoopmartError(f"--date {day} names one day and --from or --to a span; give one of the two")
    if first and last and last < first:
        raise LoopmartError(f"--to {last} lies before --from {first}; exchange them")
    return Choice(tuple(senders or ()), day or first, day or last, tuple(statuses or ()))


def print_calendar(settings: Settings, console: Console, choice: Choice, limit: int, now: datetime) -> None:
    """The calendar as it stands at `now` (UTC, without a zone), by the files that were taken in.

    Without dates and statuses, what is overdue, and every period that ended in the last seven days or runs.

    Raises:
        LoopmartError: a sender is not registered.
    """
    catalogue = load_catalogue(settings)
    for sender_id in choice.senders:
        check_sender("--store", sender_id, catalogue.senders, settings.stores_file)
    files = Ledger(settings.ledger_url).files()
    entries = [
        e for e in list_entries(catalogue, files, now) if not choice.senders or e.sender.sender_id in choice.senders
    ]
    if not entries:
        console.print(
            f"nothing is owed: no sender that was asked for has an entry under owes in {settings.stores_file}"
        )
        return
    chosen = [entry for entry in entries if _is_chosen(entry, choice, now)]
    chosen.sort(key=lambda e: (WORDS.index(name_status(e)), e.sender.sender_id, e.source, e.period_start))
    if chosen:
        _print_table(console, chosen[:limit] if limit else chosen, files)
    shown = f"; {limit} shown, --limit 0 shows all" if 0 < limit < len(chosen) else ""
    console.print(f"{_count(chosen)}{shown}", soft_wrap=True)
    if len(chosen) < len(entries):
        console.print(f"in the whole calendar: {_count(entries)}", soft_wrap=True)


def name_status(entry: Entry) -> str:
    """The status in one word of `WORDS`."""
    return "late" if entry.is_late else entry.status


def _is_chosen(entry: Entry, choice: Choice, now: datetime) -> bool:
    if choice.statuses and name_status(entry) not in choice.statuses:
        return False
    if choice.first or choice.last:
        return (choice.first or date.min) <= entry.period_end and entry.period_start <= (choice.last or date.max)
    if choice.statuses or entry.is_overdue:
        return True
    today = now.replace(tzinfo=UTC).astimezone(entry.sender.zone).date()
    return entry.period_end >= today - timedelta(days=RECENT_DAYS)


def _count(entries: Sequence[Entry]) -> str:
    names = [name_status(entry) for entry in entries]
    parts = (f"{names.count(word):,} {word}" for word in WORDS if word in names)
    return f"{len(entries):,} periods: {', '.join(parts)}" if entries else "no period is like that"


def _print_table(console: Console, entries: Sequence[Entry], files: Sequence[Mapping[str, Any]]) -> None:
    paths = {f["file_id"]: f["path"] for f in reversed(files)}
    refused = [f for f in files if f["status"] == "refused" and f["source"]]
    table = Table(box=box.SIMPLE, pad_edge=False)
    for name in ("sender", "source", "period", "status", "due (sender's clock)", "arrived", "file", "what to do"):
        table.add_column(name, overflow="fold")
    for entry in entries:
        word = name_status(entry)
        table.add_row(
            entry.sender.sender_id,
            entry.source,
            write_period(entry),
            f"[{COLOURS[word]}]{word}[/]",
            _show_moment(entry, entry.due_at),
            _show_moment(entry, entry.arrived_at) + _show_lateness(entry),
            escape(paths.get(entry.file_id, "")),
            escape(_advise(entry, refused)),
        )
    console.print(table)


def write_period(entry: Entry) -> str:
    """A day, a whole month, or first and last day."""
    start, end = entry.period_start, entry.period_end
    if start == end:
        return f"{start}"
    return f"{start:%Y-%m}" if start.day == 1 else f"{start}..{end}"


def _show_moment(entry: Entry, moment: datetime | None) -> str:
    return f"{moment.replace(tzinfo=UTC).astimezone(entry.sender.zone):%Y-%m-%d %H:%M}" if moment else ""


def _show_lateness(entry: Entry) -> str:
    if not (entry.is_late and entry.arrived_at and entry.due_at):
        return ""
    hours = (entry.arrived_at - entry.due_at) / timedelta(hours=1)
    return f", {hours:,.1f} h late" if hours < 48 else f", {hours / 24:,.0f} days late"


def _advise(entry: Entry, refused: Sequence[Mapping[str, Any]]) -> str:
    """What a person does about it."""
    sender = entry.sender
    if entry.is_overdue:
        kept_back = [f for f in refused if (f["sender_id"], f["source"]) == (sender.sender_id, entry.source)]
        hint = f"; {kept_back[-1]['path']} was refused, see loopmart files --status refused" if kept_back else ""
        wanted = f"the days {write_spans(entry.missing_days)}" if entry.missing_days else "the file"
        return f"ask {sender.sender_name} for {wanted}, into landing/{sender.sender_id}/{hint}"
    match name_status(entry):
        case "not_due":
            return "wait"
        case "late":
            return "nothing; talk to the sender if it repeats"
        case "closed":
            return "nothing is owed"
    return ""
