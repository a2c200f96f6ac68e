"""The charts of the page in Altair's words: which rows are drawn as which marks.

Colours are the page's CSS variables, so that one picture serves light, dark and paper. Amounts become floats here,
for positions only; every amount that is read stands in words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import altair as alt

from loopmart.report import captions
from loopmart.report.facts import Facts
from loopmart.report.words import Words

NARROW_WEEKS = 13
NARROW_STORES = 10
NARROW_MONTHS = 12
NO_STEP = "none"
STEP_COLOURS = {str(step): f"var(--step-{step + 3})" for step in range(-3, 4)} | {NO_STEP: "var(--surface)"}
SERIES = alt.Scale(domain=["0", "1"], range=["var(--series-light)", "var(--series)"])


class Size(NamedTuple):
    """Width of the picture in px, the size of its letters, and whether it is the one for a phone."""

    width: int
    letters: int
    is_narrow: bool


class Drawing(NamedTuple):
    """A chart and the rows that it names: rows go to the compiler past Altair, which would copy them."""

    chart: Any
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    height: int


def draw_daily_sales(facts: Facts, words: Words, size: Size) -> Drawing:
    """The line of days with its mean of seven, the current period shaded, days with a missing file marked."""
    days = facts["daily_sales"][-7 * NARROW_WEEKS :] if size.is_narrow else facts["daily_sales"]
    rows = [
        {
            "day": row["business_date"].isoformat(),
            "next": (row["business_date"] + timedelta(days=1)).isoformat(),
            "net": None if row["net_sales_amount"] is None else float(row["net_sales_amount"]),
            "mean": None if row["week_mean_amount"] is None else float(row["week_mean_amount"]),
            "point": captions.describe_day(row, words),
        }
        for row in days
    ]
    top = max((row["net"] or 0 for row in rows), default=0)
    marks = [
        {"day": shown["day"], "next": shown["next"], "foot": 0, "top": top * 0.03}
        for shown, row in zip(rows, days, strict=True)
        if row["incomplete_store_count"]
    ]
    current = [shown for shown, row in zip(rows, days, strict=True) if row["is_current"]]
    window = [{"day": current[0]["day"], "next": current[-1]["next"]}] if current else []

    month, year = (f"utcFormat(datum.value, {json.dumps(form)})" for form in (words.text("format.axis_month"), "%Y"))
    x = alt.X(
        "day:T",
        scale=alt.Scale(type="utc", nice=False, domain=[rows[0]["day"], rows[-1]["next"]]),
        axis=alt.Axis(
            labelExpr=f"utcmonth(datum.value) == 0 ? [{month}, {year}] : {month}",
            tickCount=alt.TimeIntervalStep(interval="month", step=1),
            grid=False,
            labelFlush=False,
        ),
    )
    y = alt.Y("net:Q", axis=alt.Axis(labelExpr=_money_axis(words), tickCount=4, domain=False, ticks=False))
    base = alt.Chart(alt.NamedData("days")).encode(x=x)
    chart = alt.layer(
        alt.Chart(alt.NamedData("window")).mark_rect(color="var(--band)").encode(x=x, x2="next"),
        base.mark_line(color="var(--series-light)", strokeWidth=1).encode(y=y),
        base.mark_line(color="var(--series)", strokeWidth=2.2).encode(y="mean:Q"),
        alt.Chart(alt.NamedData("marks"))
        .mark_rect(color="var(--warn-mark)")
        .encode(x=x, x2="next", y="foot:Q", y2="top"),
        base.mark_rect(opacity=0).encode(x=x, x2="next", description="point:N"),
    )
    return Drawing(chart, {"days": rows, "window": window, "marks": marks}, 190 if size.is_narrow else 260)


def draw_store_weeks(facts: Facts, words: Words, size: Size) -> Drawing:
    """The heat map of the largest stores by week, each week beside the mean week of its store."""
    shown = [
        row
        for row in facts["store_weeks"]
        if not size.is_narrow or (row["weeks_ago"] < NARROW_WEEKS and row["store_rank"] <= NARROW_STORES)
    ]
    names = {str(row["store_rank"]): str(row["store_name"]) for row in shown}
    weeks = sorted({row["week_end"] for row in shown})
    months = {week.isoformat(): _name_month(words, week) for week in weeks if week.day <= 7}
    rows = [
        {
            "store": str(row["store_rank"]),
            "week": row["week_end"].isoformat(),
            "step": NO_STEP if row["step"] is None else str(row["step"]),
            "point": captions.describe_week(row, words),
        }
        for row in shown
    ]
    marks = [drawn for drawn, row in zip(rows, shown, strict=True) if not row["is_complete"]]
    x = alt.X(
        "week:O",
        scale=alt.Scale(domain=[week.isoformat() for week in weeks]),
        axis=alt.Axis(values=list(months), labelExpr=_lookup(months), labelAngle=0, domain=False, ticks=False),
    )
    y = alt.Y(
        "store:O",
        scale=alt.Scale(domain=list(names)),
        axis=alt.Axis(labelExpr=_lookup(names), labelLimit=90 if size.is_narrow else 150, domain=False, ticks=False),
    )
    colours = alt.Scale(domain=list(STEP_COLOURS), range=list(STEP_COLOURS.values()))
    cells = alt.Chart(alt.NamedData("weeks")).mark_rect(stroke="var(--surface)", strokeWidth=1)
    squares = alt.Chart(alt.NamedData("marks")).mark_square(size=34, opacity=1, color="var(--warn-mark)")
    chart = alt.layer(
        cells.encode(x=x, y=y, color=alt.Color("step:N", legend=None, scale=colours), description="point:N"),
        squares.encode(x=x, y=y),
    )
    return Drawing(chart, {"weeks": rows, "marks": marks}, len(names) * (20 if size.is_narrow else 22) + 26)


def draw_segments(facts: Facts, words: Words, size: Size) -> Drawing:
    """Two bars a segment: its share of the members and its share of their sales."""
    names = {row["rfm_segment"]: words.label("segment", row["rfm_segment"]).striptags() for row in facts["segments"]}
    rows = [
        {
            "segment": row["rfm_segment"],
            "of": of,
            "share": float(row[column] or 0),
            "shown": words.rate(row[column]),
            "point": captions.describe_segment(row, words),
        }
        for row in facts["segments"]
        for of, column in (("0", "member_rate"), ("1", "net_sales_rate"))
    ]
    room = max(row["share"] for row in rows) * 1.2 or 1
    base = alt.Chart(alt.NamedData("segments")).encode(
        x=alt.X("share:Q", axis=None, scale=alt.Scale(domain=[0, room])),
        y=alt.Y(
            "segment:N",
            sort=list(names),
            axis=alt.Axis(labelExpr=_lookup(names), labelLimit=130, domain=False, ticks=False),
        ),
        yOffset="of:N",
    )
    chart = alt.layer(
        base.mark_bar().encode(color=alt.Color("of:N", legend=None, scale=SERIES), description="point:N"),
        base.mark_text(align="left", dx=4, fontSize=size.letters - 1, color="var(--muted)").encode(text="shown:N"),
    )
    return Drawing(chart, {"segments": rows}, len(names) * 36 + 8)


def draw_member_months(facts: Facts, words: Words, size: Size) -> Drawing:
    """Stacked bars by month: members who came back, and new ones on top."""
    months = facts["member_months"][-NARROW_MONTHS if size.is_narrow else 0 :]
    names = {row["month"].isoformat(): _name_month(words, row["month"]) for row in months}
    rows = [
        {
            "month": row["month"].isoformat(),
            "kind": kind,
            "count": row[column],
            "point": captions.describe_month(row, words),
        }
        for row in months
        for kind, column in (("0", "returning_member_count"), ("1", "new_member_count"))
    ]
    labelled = list(names)[:: 2 if size.is_narrow and len(names) > 8 else 1]
    bars = alt.Chart(alt.NamedData("months"))
    chart = (bars.mark_bar(size=size.width // 18) if len(names) < 8 else bars.mark_bar()).encode(
        x=alt.X(
            "month:O",
            scale=alt.Scale(domain=list(names), paddingInner=0.25),
            axis=alt.Axis(values=labelled, labelExpr=_lookup(names), labelAngle=0, ticks=False),
        ),
        y=alt.Y("count:Q", axis=alt.Axis(format=",~r", tickCount=4, tickMinStep=1, domain=False, ticks=False)),
        color=alt.Color("kind:N", legend=None, scale=SERIES),
        order=alt.Order("kind:N"),
        description="point:N",
    )
    return Drawing(chart, {"months": rows}, 190 if size.is_narrow else 230)


def draw_effects(facts: Facts, words: Words, size: Size) -> Drawing:
    """A dot and its interval for each comparison; hollow where the interval includes zero."""
    effects = captions.list_effects(facts)
    names = {
        row["campaign_id"]: words.say("campaigns.campaign_name", id=row["campaign_id"]).striptags() for row in effects
    }
    rows = [
        {
            "campaign": row["campaign_id"],
            "effect": float(row["effect_amount"]),
            "low": float(row["effect_low"]),
            "high": float(row["effect_high"]),
            "fill": "var(--surface)" if row["effect_low"] <= 0 <= row["effect_high"] else "var(--series)",
            "point": captions.describe_effect(row, words),
        }
        for row in effects
    ]
    x_axis = alt.Axis(labelExpr=_money_axis(words), tickCount=4 if size.is_narrow else 8, domain=False, ticks=False)
    y_axis = alt.Axis(labelExpr=_lookup(names), labelLimit=120, domain=False, ticks=False, grid=True)
    base = alt.Chart(alt.NamedData("effects")).encode(y=alt.Y("campaign:N", sort=list(names), axis=y_axis))
    zero = alt.Chart(alt.NamedData("origin")).mark_rule(color="var(--muted)", strokeDash=[3, 3])
    intervals = base.mark_rule(color="var(--series)", strokeWidth=2)
    dots = base.mark_circle(size=52, opacity=1, stroke="var(--series)", strokeWidth=1.8)
    chart = alt.layer(
        zero.encode(x="zero:Q"),
        intervals.encode(x=alt.X("low:Q", axis=x_axis), x2="high", description="point:N"),
        dots.encode(x="effect:Q", fill=alt.Fill("fill:N", scale=None), description="point:N"),
    )
    return Drawing(chart, {"effects": rows, "origin": [{"zero": 0}]}, len(names) * 22 + 34)


def _lookup(names: Mapping[str, str | list[str]]) -> str:
    """Return the Vega expression that replaces an axis value by its name; a list stands in two lines."""
    return f"{json.dumps(names)}[datum.value]"


def _money_axis(words: Words) -> str:
    """Return the Vega expression that says an amount of an axis: $20k, ¥2万."""
    large, unit = words.text("format.axis_large"), json.dumps(words.text("format.axis_large_unit"))
    size = f"abs(datum.value) >= {large} ? format(abs(datum.value) / {large}, ',~r') + {unit}"
    return (
        f"(datum.value < 0 ? '\u2212' : '') + {json.dumps(words.symbol)} + ({size} : format(abs(datum.value), ',~r'))"
    )


def _name_month(words: Words, day: date) -> str | list[str]:
    name = words.names("format.short_months")[day.month - 1]
    return [name, str(day.year)] if day.month == 1 else name
