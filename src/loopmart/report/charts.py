"""The charts of the page: Altair says what is drawn, vl-convert compiles it to SVG without a browser.

Colours are the page's CSS variables, so that one picture serves light, dark and paper. Each chart is drawn
twice, for a desktop and for a phone; the page shows one of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import altair as alt
import vl_convert
from markupsafe import Markup

from loopmart.report.facts import Facts, Row
from loopmart.report.svg import tidy_svg
from loopmart.report.words import Words

VEGALITE_VERSION = "6.4"
NARROW_WEEKS = 13
NARROW_STORES = 10
STEPS = [str(step) for step in range(-3, 4)]
STEP_COLOURS = [f"var(--step-{number})" for number in range(7)]
CAMPAIGNS_SHOWN = 40


class Size(NamedTuple):
    """Width of the picture in px, the size of its letters, and whether it is the one for a phone."""

    width: int
    letters: int
    is_narrow: bool


class Picture(NamedTuple):
    """One chart in its two sizes."""

    wide: Markup
    narrow: Markup


Drawing = Callable[[Facts, Words, Size], alt.LayerChart | alt.Chart]
HALF = "half"
NARROW = Size(340, 11, is_narrow=True)


def draw_charts(facts: Facts, words: Words) -> Mapping[str, Picture]:
    """Return the charts that have something to show, by name."""
    plans: list[tuple[str, Drawing, str, int, bool]] = [
        ("daily", _daily_sales, _label_daily(facts, words), 1040, bool(facts["daily_sales"])),
        ("weeks", _store_weeks, _label_weeks(facts, words), 1040, bool(facts["store_weeks"])),
        ("segments", _segments, _label_segments(facts, words), 500, bool(facts["segments"])),
        ("months", _member_months, _label_months(facts, words), 500, bool(facts["member_months"])),
        ("effects", _effects, _label_effects(facts, words), 1040, bool(shown_effects(facts))),
    ]
    pictures = {}
    for name, draw, label, width, has_rows in plans:
        if has_rows:
            wide = _compile(draw(facts, words, Size(width, 12, is_narrow=False)), f"{name}-w", label, "wide")
            narrow = _compile(draw(facts, words, NARROW), f"{name}-n", label, "narrow")
            pictures[name] = Picture(wide, narrow)
    return pictures


def shown_effects(facts: Facts) -> list[Row]:
    """Return the comparisons that have an effect with its interval, the latest campaign first."""
    return [
        row
        for row in facts["campaigns"]
        if row["kind"] == "comparison" and row["effect_amount"] is not None and row["place"] <= CAMPAIGNS_SHOWN
    ]


def _compile(chart: alt.LayerChart | alt.Chart, name: str, label: str, css_class: str) -> Markup:
    svg = vl_convert.vegalite_to_svg(chart.to_dict(), vl_version=VEGALITE_VERSION)
    return tidy_svg(svg, name, label, css_class)


def _finish(chart: alt.LayerChart | alt.Chart, size: Size, height: int) -> alt.LayerChart | alt.Chart:
    finished: alt.LayerChart | alt.Chart = (
        chart.properties(width=size.width, height=height, autosize=alt.AutoSizeParams(type="fit", contains="padding"))
        .configure(aria=False, background="transparent", font="Liberation Sans", padding=2)
        .configure_axis(
            labelColor="var(--muted)",
            labelFontSize=size.letters,
            gridColor="var(--line)",
            domainColor="var(--line-strong)",
            tickColor="var(--line-strong)",
            title=None,
        )
        .configure_view(stroke=None)
    )
    return finished


def _data(rows: Sequence[Mapping[str, Any]]) -> alt.Data:
    return alt.Data(values=list(rows))


def _lookup(names: Mapping[str, str]) -> str:
    """Return the Vega expression that replaces an axis value by its name."""
    return f"{json.dumps(names)}[datum.value]"


def _money_axis(words: Words) -> str:
    large, unit = words.texts["format.axis_large"], words.texts["format.axis_large_unit"]
    symbol = json.dumps(words.symbol)
    return (
        f"(datum.value < 0 ? '\u2212' : '') + {symbol} + (abs(datum.value) >= {large} "
        f"? format(abs(datum.value) / {large}, ',~r') + {json.dumps(unit)} : format(abs(datum.value), ',~r'))"
    )


def _daily_sales(facts: Facts, words: Words, size: Size) -> alt.LayerChart:
    height = 190 if size.is_narrow else 260
    days = facts["daily_sales"][-7 * NARROW_WEEKS :] if size.is_narrow else facts["daily_sales"]
    rows = [
        {
            "day": row["business_date"].isoformat(),
            "next": (row["business_date"] + timedelta(days=1)).isoformat(),
            "net": None if row["net_sales_amount"] is None else float(row["net_sales_amount"]),
            "mean": None if row["week_mean_amount"] is None else float(row["week_mean_amount"]),
            "point": describe_day(row, words),
        }
        for row in days
    ]
    marks = [shown for shown, row in zip(rows, days, strict=True) if row["incomplete_store_count"]]
    current = [shown for shown, row in zip(rows, days, strict=True) if row["is_current"]]
    window = [{"day": current[0]["day"], "next": current[-1]["next"]}] if current else []
    time_scale = alt.Scale(type="utc", nice=False, domain=[rows[0]["day"], rows[-1]["next"]])
    time_axis = alt.Axis(
        format=words.texts["format.axis_month"], grid=False, tickCount={"interval": "month", "step": 1}, labelFlush=False
    )
    x = alt.X("day:T", scale=time_scale, axis=time_axis)
    money = alt.Axis(labelExpr=_money_axis(words), tickCount=4, domain=False, ticks=False)
    base = alt.Chart(_data(rows)).encode(x=x)
    layers = [
        alt.Chart(_data(window)).mark_rect(color="var(--band)").encode(x=x, x2="next"),
        base.mark_line(color="var(--series-light)", strokeWidth=1).encode(y=alt.Y("net:Q", axis=money)),
        base.mark_line(color="var(--series)", strokeWidth=2.2).encode(y="mean:Q"),
        alt.Chart(_data(marks))
        .mark_rect(color="var(--warn-mark)")
        .encode(x=x, x2="next", y=alt.value(height - 34), y2=alt.value(height - 26)),
        base.mark_rect(opacity=0).encode(x=x, x2="next", description="point:N"),
    ]
    return _finish(alt.layer(*layers), size, height)


def _store_weeks(facts: Facts, words: Words, size: Size) -> alt.Chart:
    shown = [
        row
        for row in facts["store_weeks"]
        if not size.is_narrow or (row["weeks_ago"] < NARROW_WEEKS and row["store_rank"] <= NARROW_STORES)
    ]
    names = {str(row["store_rank"]): row["store_name"] for row in shown}
    weeks = sorted({row["week_end"] for row in shown})
    months = {week.isoformat(): _name_month(words, week) for week in weeks if week.day <= 7}
    rows = [
        {
            "store": str(row["store_rank"]),
            "week": row["week_end"].isoformat(),
            "step": "none" if row["step"] is None else str(row["step"]),
            "point": _describe_week(row, words),
        }
        for row in shown
    ]
    chart = (
        alt.Chart(_data(rows))
        .mark_rect(stroke="var(--surface)", strokeWidth=1)
        .encode(
            x=alt.X(
                "week:O",
                axis=alt.Axis(values=list(months), labelExpr=_lookup(months), labelAngle=0, domain=False, ticks=False),
                scale=alt.Scale(domain=[week.isoformat() for week in weeks]),
            ),
            y=alt.Y(
                "store:O",
                axis=alt.Axis(
                    labelExpr=_lookup(names), labelLimit=90 if size.is_narrow else 150, domain=False, ticks=False
                ),
                scale=alt.Scale(domain=list(names)),
            ),
            color=alt.Color(
                "step:N", legend=None, scale=alt.Scale(domain=[*STEPS, "none"], range=[*STEP_COLOURS, "var(--gap)"])
            ),
            description="point:N",
        )
    )
    return _finish(chart, size, len(names) * (20 if size.is_narrow else 22) + 26)


def _segments(facts: Facts, words: Words, size: Size) -> alt.LayerChart:
    names = {row["rfm_segment"]: str(words.label("segment", row["rfm_segment"]).striptags()) for row in facts["segments"]}
    rows = [
        {"segment": row["rfm_segment"], "of": of, "share": float(share or 0), "shown": words.rate(share), "point": point}
        for row in facts["segments"]
        for point in [_describe_segment(row, words)]
        for of, share in (("0", row["member_rate"]), ("1", row["net_sales_rate"]))
    ]
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("share:Q", axis=None, scale=alt.Scale(domain=[0, max(row["share"] for row in rows) * 1.2 or 1])),
        y=alt.Y(
            "segment:N",
            sort=list(names),
            axis=alt.Axis(labelExpr=_lookup(names), labelLimit=120, domain=False, ticks=False),
        ),
        yOffset="of:N",
    )
    bars = base.mark_bar().encode(
        color=alt.Color(
            "of:N", legend=None, scale=alt.Scale(domain=["0", "1"], range=["var(--series-light)", "var(--series)"])
        ),
        description="point:N",
    )
    texts = base.mark_text(align="left", dx=4, fontSize=size.letters - 1, color="var(--muted)").encode(text="shown:N")
    return _finish(alt.layer(bars, texts), size, len(names) * 38 + 8)


def _member_months(facts: Facts, words: Words, size: Size) -> alt.Chart:
    months = facts["member_months"][-12 if size.is_narrow else -24 :]
    names = {row["month"].isoformat(): _name_month(words, row["month"]) for row in months}
    kept = list(names)[:: 2 if len(names) > 8 else 1] if size.is_narrow or len(names) > 14 else list(names)
    rows = [
        {"month": row["month"].isoformat(), "kind": kind, "count": row[column], "point": point}
        for row in months
        for point in [describe_month(row, words)]
        for kind, column in (("0", "returning_member_count"), ("1", "new_member_count"))
    ]
    chart = (
        alt.Chart(_data(rows))
        .mark_bar()
        .encode(
            x=alt.X(
                "month:O",
                axis=alt.Axis(values=kept, labelExpr=_lookup(names), labelAngle=0, ticks=False),
                scale=alt.Scale(domain=list(names), paddingInner=0.25),
            ),
            y=alt.Y("count:Q", axis=alt.Axis(format=",~r", tickCount=4, tickMinStep=1, domain=False, ticks=False)),
            color=alt.Color(
                "kind:N", legend=None, scale=alt.Scale(domain=["0", "1"], range=["var(--series-light)", "var(--series)"])
            ),
            order=alt.Order("kind:N"),
            description="point:N",
        )
    )
    return _finish(chart, size, 200 if size.is_narrow else 240)


def _effects(facts: Facts, words: Words, size: Size) -> alt.LayerChart:
    effects = shown_effects(facts)
    names = {row["campaign_id"]: str(words.say("campaigns.campaign_name", id=row["campaign_id"]).unescape()) for row in effects}
    rows = [
        {
            "campaign": row["campaign_id"],
            "effect": float(row["effect_amount"]),
            "low": float(row["effect_low"]),
            "high": float(row["effect_high"]),
            "fill": "var(--surface)" if row["effect_low"] <= 0 <= row["effect_high"] else "var(--series)",
            "point": _describe_effect(row, words),
        }
        for row in effects
    ]
    y = alt.Y(
        "campaign:N",
        sort=list(names),
        axis=alt.Axis(labelExpr=_lookup(names), labelLimit=120, domain=False, ticks=False, grid=True),
    )
    x_axis = alt.Axis(labelExpr=_money_axis(words), tickCount=4 if size.is_narrow else 8, domain=False, ticks=False)
    base = alt.Chart(_data(rows)).encode(y=y)
    zero = alt.Chart(_data([{"zero": 0}])).mark_rule(color="var(--muted)", strokeDash=[3, 3]).encode(x="zero:Q")
    intervals = base.mark_rule(color="var(--series)", strokeWidth=2).encode(
        x=alt.X("low:Q", axis=x_axis), x2="high", description="point:N"
    )
    dots = base.mark_circle(size=52, opacity=1, stroke="var(--series)", strokeWidth=1.8).encode(
        x="effect:Q", fill=alt.Fill("fill:N", scale=None), description="point:N"
    )
    return _finish(alt.layer(zero, intervals, dots), size, len(names) * 22 + 34)


def _name_month(words: Words, day: date) -> str | list[str]:
    name = words.texts["format.short_months"][day.month - 1]
    return [name, str(day.year)] if day.month == 1 else name


def describe_day(row: Row, words: Words) -> str:
    """Say one day of the chain in a sentence."""
    missing = row["incomplete_store_count"]
    return _plain(
        words.say(
            "sales.day_point_incomplete" if missing else "sales.day_point",
            weekday=words.weekday(row["business_date"]),
            date=words.day(row["business_date"]),
            net=words.money(row["net_sales_amount"]),
            orders=words.say_count("headline.orders", row["order_count"]),
            missing=words.count(missing),
            stores=words.say_count("headline.stores", row["store_count"]),
        )
    )


def describe_month(row: Row, words: Words) -> str:
    """Say the new and returning members of one month."""
    return _plain(
        words.say(
            "members.month_point",
            month=words.month(row["month"]),
            new=words.count(row["new_member_count"]),
            returning=words.count(row["returning_member_count"]),
        )
    )


def _describe_week(row: Row, words: Words) -> str:
    return _plain(
        words.say(
            "sales.week_point" if row["step"] is not None else "sales.week_point_incomplete",
            store=row["store_name"],
            date=words.day(row["week_end"]),
            net=words.money(row["net_sales_amount"]),
            change=words.change(row["change_rate"]),
        )
    )


def _describe_segment(row: Row, words: Words) -> str:
    segment = words.label("segment", row["rfm_segment"])
    shares = {"members": words.rate(row["member_rate"]), "sales": words.rate(row["net_sales_rate"])}
    return _plain(words.say("members.segment_point", segment=segment, **shares))


def _describe_effect(row: Row, words: Words) -> str:
    return _plain(
        words.say(
            "campaigns.effect_point",
            campaign=words.say("campaigns.campaign_name", id=row["campaign_id"]),
            effect=words.money(row["effect_amount"]),
            low=words.money(row["effect_low"]),
            high=words.money(row["effect_high"]),
        )
    )


def _label_daily(facts: Facts, words: Words) -> str:
    days = [row for row in facts["daily_sales"] if row["net_sales_amount"] is not None]
    if not days:
        return _plain(words.say("sales.daily"))
    high = max(days, key=lambda row: row["net_sales_amount"])
    low = min(days, key=lambda row: row["net_sales_amount"])
    return _plain(
        words.say(
            "sales.daily_label",
            high_day=words.date(high["business_date"]),
            high=words.money(high["net_sales_amount"]),
            low_day=words.date(low["business_date"]),
            low=words.money(low["net_sales_amount"]),
            incomplete=words.count(sum(row["incomplete_store_count"] > 0 for row in facts["daily_sales"])),
        )
    )


def _label_weeks(facts: Facts, words: Words) -> str:
    stores = len({row["store_rank"] for row in facts["store_weeks"]})
    return _plain(words.say("sales.weeks_label", stores=words.say_count("headline.stores", stores)))


def _label_segments(facts: Facts, words: Words) -> str:
    if not facts["segments"]:
        return ""
    first = facts["segments"][0]
    segment = words.label("segment", first["rfm_segment"])
    return _plain(words.say("members.segments_label", segment=segment, rate=words.rate(first["net_sales_rate"])))


def _label_months(facts: Facts, words: Words) -> str:
    if not facts["member_months"]:
        return ""
    last = facts["member_months"][-1]
    counts = {"new": words.count(last["new_member_count"]), "returning": words.count(last["returning_member_count"])}
    return _plain(words.say("members.months_label", month=words.month(last["month"]), **counts))


def _label_effects(facts: Facts, words: Words) -> str:
    effects = shown_effects(facts)
    counts = {
        "count": len(effects),
        "positive": sum(row["effect_low"] > 0 for row in effects),
        "negative": sum(row["effect_high"] < 0 for row in effects),
        "open": sum(row["effect_low"] <= 0 <= row["effect_high"] for row in effects),
    }
    return _plain(words.say("campaigns.chart_label", **{name: words.count(count) for name, count in counts.items()}))


def _plain(text: Markup) -> str:
    """Return a text for a chart, which escapes by itself."""
    return str(text.striptags())
