"""Fields of dates and times: their formats, where day or month first is proven, and the period of a file."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime

from loopmart.onboard.draft import Draft, quote, text_sql
from loopmart.onboard.evidence import Column
from loopmart.onboard.layout import Layout
from loopmart.onboard.times import TimeForms

DEFAULTS = {"timestamp": "%Y-%m-%d %H:%M:%S", "date": "%Y-%m-%d"}
DAY = r"\d{4}[-/]\d{2}[-/]\d{2}"
APPENDING = ("payments", "pos_tenders", "voucher_redemptions", "points_entries", "fund_flows", "touches", "media_spend")
MONTH_SPAN = 20
"""Days that the rows of a file have to span before it counts as one of a month."""


def fill_moment(draft: Draft, name: str) -> None:
    """Feed a date or a time from its column."""
    column = draft.mapping.column(name)
    if column is None:
        return
    kind = draft.fields[name].physicalType
    clock = _clock_column(draft, column) if kind == "timestamp" else None
    text = f"{text_sql(column)} || ' ' || {text_sql(clock)}" if clock else text_sql(column)
    forms = column.forms
    if clock:
        forms = Column(column.name, tuple(_join_cells(column, clock))).forms
        draft.note("sure", name, f"columns {column.name} and {clock.name} together")
    if name in draft.choices.formats:
        forms = TimeForms([draft.choices.formats[name]], has_clock=True)
        draft.note("sure", name, f"written {forms.formats[0]}, you say")
    _feed(draft, name, column, text, forms, is_joined=clock is not None)
    if name == "ordered_at" and draft.feed.name == "pos_order_lines":
        _take_one_time_a_receipt(draft, name, column, clock)


def _take_one_time_a_receipt(draft: Draft, name: str, column: Column, clock: Column | None) -> None:
    """Where a till stamps each line, the first line's time is that of the receipt: an order has one time."""
    order = draft.mapping.column("order_id_source")
    if order is None or not draft.is_fed(name):
        return
    texts = [text for _, text in column.cells]
    if clock:
        texts = [f"{day} {time}" for day, (_, time) in zip(texts, clock.cells, strict=True)]
    seen: dict[str, tuple[int, str]] = {}
    before = 0
    for text, (line, receipt) in zip(texts, order.cells, strict=True):
        if line <= before:
            seen.clear()  # another sample begins
        before = line
        first = seen.setdefault(receipt, (line, text))
        if receipt and text != first[1]:
            taken = draft.derive.get(name, text_sql(column))
            draft.derive[name] = f"first_value({taken}) over (partition by _file, {text_sql(order)} order by _line)"
            draft.plain.pop(column.name, None)
            draft.note(
                "unsure", name, f"receipt {receipt}: {first[1]} in line {first[0]}, {text} in line {line}; an order "
                "has one time: that of its first line is taken"
            )  # fmt: skip
            return


def _feed(draft: Draft, name: str, column: Column, text: str, forms: TimeForms, *, is_joined: bool) -> None:
    kind = draft.fields[name].physicalType
    if forms.is_unix:
        draft.derive[name] = (
            f"strftime(timezone(time_zone, to_timestamp(try_cast({text} as bigint))), '{DEFAULTS[kind]}')"
        )
        draft.note("sure", name, f"column {column.name}: seconds since 1970, such as {column.values[0]}")
        return
    if forms.candidates:
        value = next(v for v in column.values if v)
        first, second = forms.candidates[:2]
        draft.note(
            "needs you", name, f"column {column.name}, {draft.where(column, value)}: {value!r}: day or month first is "
            f"not proven, no number exceeds 12; say --format '{name}={first}' or --format '{name}={second}'"
        )  # fmt: skip
        draft.open_fields.append(name)
        return
    if not forms.formats:
        if not column.values:
            draft.place(name, column)
        return
    if forms.proof:
        order = "day" if forms.formats[0].startswith("%d") else "month"
        where = draft.where(column, forms.proof)
        draft.note("sure", name, f"{order} first: column {column.name}, {where}: {forms.proof} allows nothing else")
    for value in forms.unread[:1]:
        where = draft.where(column, value)
        draft.note("unsure", name, f"column {column.name}, {where}: {value!r} is in no known form: quarantined")
    if kind == "timestamp" and not forms.has_clock:
        draft.note("unsure", name, f"column {column.name} has no time of day: midnight is taken")
    clean = f"regexp_replace({text}, '\\.\\d+$', '')" if forms.has_fraction else text
    is_short = (kind == "date" and forms.has_clock) or any("%z" in form for form in forms.formats)
    if len(forms.formats) == 1 and clean == text and not (is_joined or column.guard or is_short):
        draft.place(name, column)
        if forms.formats[0] != DEFAULTS[kind]:
            draft.formats[name] = forms.formats[0]
    else:
        listed = quote(forms.formats)
        parsed = f"try_strptime({clean}, {f'list_value({listed})' if len(forms.formats) > 1 else listed})"
        if any("%z" in form for form in forms.formats):
            parsed = f"timezone(time_zone, {parsed})"
        draft.derive[name] = f"strftime({parsed}, '{DEFAULTS[kind]}')"
    if not forms.proof:
        draft.note("sure", name, f"column {column.name}, written {' or '.join(forms.formats)}")


def _clock_column(draft: Draft, column: Column) -> Column | None:
    """The column of the time of day where dates and times stand apart."""
    if not column.values or column.forms.has_clock:
        return None
    for other in draft.columns:
        told = [v for v in other.values if re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?( ?[AaPp][Mm])?", v)]
        if other is not column and other.values and len(told) == len(other.values):
            return other
    return None


def _join_cells(column: Column, clock: Column) -> list[tuple[int, str]]:
    return [
        (line, f"{day} {time}")
        for (line, day), (_, time) in zip(column.cells, clock.cells, strict=True)
        if day and time
    ]


def fill_period(draft: Draft) -> None:
    """Say for which days a file speaks: as stated above the header, in its name, or by its rows; and the grain."""
    day = draft.feed.business_date
    if day is None:
        draft.period = {"grain": "snapshot"}
        draft.note("sure", "period", "a list that is valid until the next one comes")
        return
    draft.period = {"grain": "append", "field": day}
    if draft.feed.name in APPENDING:
        draft.note("unsure", "period", "files of this feed only add entries; none takes the place of another")
        return
    stated = [_stated_period(layout) for layout in draft.layouts]
    named = [_days_in(layout.table.name) for layout in draft.layouts]
    days = _days_of_rows(draft)
    draft.period["grain"] = "sender"
    if all(stated) and len({s[0] for s in stated if s}) == 1 and stated[0]:
        pattern, first, last, line = stated[0]
        draft.period |= {"grain": _grain(first, last), "pattern": pattern}
        draft.note("sure", "period", f"line {line} states {first} to {last}; grain {draft.period['grain']}")
        if days and not first <= days[0] <= days[-1] <= last:
            draft.note(
                "unsure", "period", f"rows are dated {days[0]} to {days[-1]}, outside of what line {line} states"
            )
    elif all(len(found) in (1, 2) for found in named):
        first, last = named[0][0], named[0][-1]
        pattern = ".*?".join([f"({DAY})"] * len(named[0]))
        draft.period |= {"grain": _grain(first, last), "file_name": pattern}
        draft.note("unsure", "period", f"told by the file name {draft.layouts[0].table.name}: {first} to {last}")
    elif days:
        draft.period["grain"] = _grain_of_rows(days[0], days[-1])
        draft.note(
            "unsure", "period", f"told by the rows, {days[0]} to {days[-1]}: grain {draft.period['grain']}; a later "
            "file of the same sender and period takes this one's place"
        )  # fmt: skip


def _stated_period(layout: Layout) -> tuple[str, date, date, int] | None:
    for line in layout.preamble:
        days = _days_in(line.text)
        found = list(re.finditer(DAY, line.text))
        if len(days) in (1, 2) and len(found) == len(days):
            between = re.escape(line.text[found[0].end() : found[-1].start()]).replace("\\ ", " ").replace("\\-", "-")
            if len(between) > 30:
                between = ".*?"
            pattern = f"({DAY})" if len(days) == 1 else f"({DAY}){between}({DAY})"
            return pattern, days[0], days[-1], line.number
    return None


def _days_in(text: str) -> list[date]:
    days = []
    for found in re.findall(DAY, text):
        try:
            days.append(date.fromisoformat(found.replace("/", "-")))
        except ValueError:
            return []
    return days


def _days_of_rows(draft: Draft) -> list[date]:
    names = [f.name for f in draft.feed.fields if f.physicalType in ("timestamp", "date")]
    column = next((c for name in names if (c := draft.mapping.column(name))), None)
    if column is None:
        return []
    days = set()
    formats = [draft.choices.formats[n] for n in names if n in draft.choices.formats] or column.forms.formats
    for value in column.values:
        for form in formats:
            try:
                days.add(datetime.strptime(re.sub(r"\.\d+$", "", value), form).date())
                break
            except ValueError:
                continue
    return sorted(days)


def _grain(first: date, last: date) -> str:
    if first == last:
        return "day"
    is_month = first.day == 1 and last.day == calendar.monthrange(last.year, last.month)[1]
    return "month" if is_month and (first.year, first.month) == (last.year, last.month) else "sender"


def _grain_of_rows(first: date, last: date) -> str:
    if first == last:
        return "day"
    is_month = (first.year, first.month) == (last.year, last.month) and (last - first).days >= MONTH_SPAN
    return "month" if is_month else "sender"
