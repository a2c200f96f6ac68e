"""How dates and times are written in a column, as formats of strptime, and what proves day or month first."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

_YEAR_FIRST = re.compile(r"(\d{4})([-/.年])(\d{1,2})([-/.月])(\d{1,2})(日?)")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
_CLOCK = re.compile(
    r"(?P<gap>[ T]+)?(\d{1,2}):(\d{2})(?P<seconds>:\d{2})?(?P<fraction>\.\d+)?(?P<half> ?[AaPp][Mm])?"
    r"(?P<zone> ?(?:[+-]\d{2}:?\d{2}|Z))?"
)
_COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
UNIX_SECONDS = range(946_684_800, 4_102_444_800)


@dataclass
class TimeForms:
    """What the values of a column say of their own form.

    Attributes:
        formats: strptime formats that read every value, the most frequent first; none where order is not proven.
        candidates: both readings, where nothing proves which number is the day.
        proof: the value that proves it, for dates with the year last.
        has_fraction: seconds have a fraction.
        is_unix: seconds since 1970.
        has_clock: whether any value has a time of day.
        unread: values in no form that is known.
    """

    formats: list[str] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)
    proof: str = ""
    has_fraction: bool = False
    is_unix: bool = False
    has_clock: bool = False
    unread: list[str] = field(default_factory=list)


def read_forms(values: list[str]) -> TimeForms:
    """Tell the forms of dates and times apart. A day above 12 proves the order; nothing else does."""
    forms = TimeForms()
    counted: Counter[str] = Counter()
    last: list[tuple[str, int, int, str]] = []  # year last: value, first, second, format with {a} and {b}
    for value in values:
        if value.isdigit() and len(value) == 10 and int(value) in UNIX_SECONDS:
            forms.is_unix = True
            continue
        form = _form_of(value, last)
        if form is None:
            forms.unread.append(value)
        elif form:
            counted[form] += 1
        forms.has_fraction |= bool(re.search(r":\d{2}\.\d+", value))
    if last:
        counted.update(_settle_order(last, forms))
    forms.formats = [form for form, _ in counted.most_common()]
    forms.has_clock = any("%M" in form for form in [*forms.formats, *forms.candidates]) or forms.is_unix
    return forms


def is_moment(value: str) -> bool:
    """Whether a cell is a date or a time with its date."""
    return bool(_YEAR_FIRST.match(value.strip()) or _YEAR_LAST.match(value.strip()))


def _form_of(value: str, last: list[tuple[str, int, int, str]]) -> str | None:
    """The format of a value; empty where it waits for proof in `last`, None where it is in no form."""
    compact = _COMPACT.get(len(value)) if value.isdigit() else None
    if compact:
        try:
            datetime.strptime(value, compact)
        except ValueError:
            return None
        return compact
    found = _YEAR_FIRST.match(value)
    if found:
        clock = _clock_form(value[found.end() :])
        if clock is None:
            return None
        return f"%Y{found[2]}%m{found[4]}%d{found[6]}{clock}"
    found = _YEAR_LAST.match(value)
    if not found:
        return None
    clock = _clock_form(value[found.end() :])
    if clock is None:
        return None
    year = "%Y" if len(found[4]) == 4 else "%y"
    last.append((value, int(found[1]), int(found[3]), f"{{a}}{found[2]}{{b}}{found[2]}{year}{clock}"))
    return ""


def _clock_form(rest: str) -> str | None:
    if not rest.strip():
        return ""
    found = _CLOCK.fullmatch(rest.replace("\u202f", " ").replace("\u00a0", " "))
    if not found:
        return None
    gap = "T" if "T" in (found["gap"] or "") else " "
    hours = "%I:%M" if found["half"] else "%H:%M"
    seconds = ":%S" if found["seconds"] else ""
    half = "" if not found["half"] else " %p" if found["half"].startswith(" ") else "%p"
    zone = "" if not found["zone"] else " %z" if found["zone"].startswith(" ") else "%z"
    return f"{gap}{hours}{seconds}{half}{zone}"


def _settle_order(last: list[tuple[str, int, int, str]], forms: TimeForms) -> list[str]:
    first_over = next((value for value, first, _, _ in last if first > 12), "")
    second_over = next((value for value, _, second, _ in last if second > 12), "")
    orders = {"a": ("%d", "%m"), "b": ("%m", "%d")}
    if bool(first_over) == bool(second_over):
        shapes = list(dict.fromkeys(shape for *_, shape in last))
        forms.candidates = [shape.format(a=a, b=b) for shape in shapes for a, b in orders.values()]
        return []
    forms.proof = first_over or second_over
    a, b = orders["a" if first_over else "b"]
    return [shape.format(a=a, b=b) for *_, shape in last]
