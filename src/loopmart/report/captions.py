"""What the charts say in words: a sentence for each mark that is pointed at, and one for each picture as a whole."""

from __future__ import annotations

from markupsafe import Markup

from loopmart.report.facts import Facts, Row
from loopmart.report.words import Words

CAMPAIGNS_DRAWN = 40


def list_effects(facts: Facts) -> list[Row]:
    """Return the comparisons that have an effect with its interval, the latest campaign first."""
    return [
        row
        for row in facts["campaigns"]
        if row["kind"] == "comparison" and row["effect_amount"] is not None and row["place"] <= CAMPAIGNS_DRAWN
    ]


def describe_day(row: Row, words: Words) -> str:
    """Say one day of the chain."""
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


def describe_week(row: Row, words: Words) -> str:
    """Say one week of a store."""
    return _plain(
        words.say(
            "sales.week_point" if row["is_complete"] else "sales.week_point_incomplete",
            store=row["store_name"],
            date=words.day(row["week_end"]),
            net=words.money(row["net_sales_amount"]),
            change=words.change(row["change_rate"]),
        )
    )


def describe_segment(row: Row, words: Words) -> str:
    """Say the two shares of one segment."""
    segment = words.label("segment", row["rfm_segment"])
    shares = {"members": words.rate(row["member_rate"]), "sales": words.rate(row["net_sales_rate"])}
    return _plain(words.say("members.segment_point", segment=segment, **shares))


def describe_month(row: Row, words: Words) -> str:
    """Say the new and returning members of one month."""
    counts = {"new": words.count(row["new_member_count"]), "returning": words.count(row["returning_member_count"])}
    return _plain(words.say("members.month_point", month=words.month(row["month"]), **counts))


def describe_effect(row: Row, words: Words) -> str:
    """Say the effect of one campaign with its interval."""
    amounts = {name: words.money(row[f"effect_{name}"]) for name in ("low", "high")}
    campaign = words.say("campaigns.campaign_name", id=row["campaign_id"])
    effect = words.money(row["effect_amount"])
    return _plain(words.say("campaigns.effect_point", campaign=campaign, effect=effect, **amounts))


def label_daily_sales(facts: Facts, words: Words) -> str:
    """Say what the line of days shows."""
    days = [row for row in facts["daily_sales"] if row["net_sales_amount"] is not None]
    if not days:
        return _plain(words.say("sales.daily"))
    high = max(days, key=lambda row: row["net_sales_amount"])
    low = min(days, key=lambda row: row["net_sales_amount"])
    return _plain(
        words.say(
            "sales.daily_label",
            high_day=words.full_date(high["business_date"]),
            high=words.money(high["net_sales_amount"]),
            low_day=words.full_date(low["business_date"]),
            low=words.money(low["net_sales_amount"]),
            incomplete=words.count(sum(row["incomplete_store_count"] > 0 for row in facts["daily_sales"])),
        )
    )


def label_store_weeks(facts: Facts, words: Words) -> str:
    """Say what the heat map of weeks shows."""
    stores = len({row["store_rank"] for row in facts["store_weeks"]})
    return _plain(words.say("sales.weeks_label", stores=words.say_count("headline.stores", stores)))


def label_segments(facts: Facts, words: Words) -> str:
    """Say what the bars of segments show."""
    first = facts["segments"][0]
    segment = words.label("segment", first["rfm_segment"])
    return _plain(words.say("members.segments_label", segment=segment, rate=words.rate(first["net_sales_rate"])))


def label_member_months(facts: Facts, words: Words) -> str:
    """Say what the bars of months show."""
    last = facts["member_months"][-1]
    counts = {"new": words.count(last["new_member_count"]), "returning": words.count(last["returning_member_count"])}
    return _plain(words.say("members.months_label", month=words.month(last["month"]), **counts))


def label_effects(facts: Facts, words: Words) -> str:
    """Say what the dots and intervals show."""
    effects = list_effects(facts)
    counts = {
        "count": len(effects),
        "positive": sum(row["effect_low"] > 0 for row in effects),
        "negative": sum(row["effect_high"] < 0 for row in effects),
        "open": sum(row["effect_low"] <= 0 <= row["effect_high"] for row in effects),
    }
    return _plain(words.say("campaigns.chart_label", **{name: words.count(count) for name, count in counts.items()}))


def _plain(text: Markup) -> str:
    """Return a text without markup: the chart compiler escapes by itself."""
    return text.striptags()
