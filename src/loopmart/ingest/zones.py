"""Local time to UTC and back, in SQL that costs one subtraction instead of a calendar look-up a row.

The offsets of a zone are those of the IANA database. A time that a clock change repeats is taken as the later one, a
time that it skips as if the clock had not moved yet; so does the engine's own calendar, to which times outside the
years that are written out are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

FIRST_YEAR = 2000
YEARS_AHEAD = 2


def to_utc(local: str, zone: str) -> str:
    """SQL of the UTC timestamp of the local one in the expression `local`."""
    return _shift(local, zone, sign=-1, fallback=f"timezone('UTC', timezone('{zone}', {local}))")


def to_local(utc: str, zone: str) -> str:
    """SQL of the timestamp on the clocks of a zone of the UTC one in the expression `utc`."""
    return _shift(utc, zone, sign=1, fallback=f"timezone('{zone}', timezone('UTC', {utc}))")


def _shift(moment: str, zone: str, *, sign: int, fallback: str) -> str:
    first, changes, last = _offsets(zone, datetime.now(UTC).year + YEARS_AHEAD)
    spans = [(datetime(FIRST_YEAR, 1, 2), _plus(moment, sign * first))]
    for instant, offset in changes:
        spans.append((instant + offset if sign < 0 else instant, _plus(moment, sign * offset)))
    inner = _search(moment, spans)
    return (
        f"case when {moment} >= {_literal(last)} or {moment} < {_literal(spans[0][0])} then {fallback} else {inner} end"
    )


def _search(moment: str, spans: Sequence[tuple[datetime, str]]) -> str:
    """SQL that picks the value of the span that a moment falls in, by halves."""
    if len(spans) == 1:
        return spans[0][1]
    half = len(spans) // 2
    early, late = _search(moment, spans[:half]), _search(moment, spans[half:])
    return f"case when {moment} < {_literal(spans[half][0])} then {early} else {late} end"


@cache
def _offsets(zone: str, end_year: int) -> tuple[timedelta, list[tuple[datetime, timedelta]], datetime]:
    """(offset at the start, changes as (UTC instant, new offset), end of what is written out)."""
    clock = ZoneInfo(zone)

    def offset_at(instant: datetime) -> timedelta:
        return clock.utcoffset(instant.replace(tzinfo=UTC).astimezone(clock)) or timedelta()

    day, end = datetime(FIRST_YEAR, 1, 1), datetime(end_year, 1, 1)
    first = before = offset_at(day)
    changes = []
    while day < end:
        tomorrow = day + timedelta(days=1)
        after = offset_at(tomorrow)
        if after != before:
            low, high = day, tomorrow
            while high - low > timedelta(seconds=1):
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (middle, high) if offset_at(middle) == before else (low, middle)
            changes.append((high, after))
            before = after
        day = tomorrow
    return first, changes, end - timedelta(days=2)


def _literal(moment: datetime) -> str:
    return f"timestamp '{moment:%Y-%m-%d %H:%M:%S}'"


def _plus(moment: str, offset: timedelta) -> str:
    return f"make_timestamp(epoch_us({moment}) + ({offset // timedelta(microseconds=1)}))"
