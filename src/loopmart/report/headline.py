"""The first lines of the page: the sentences that a manager reads before any table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from markupsafe import Markup

from loopmart.report.facts import Facts, Row
from loopmart.report.words import Words


class Notice(NamedTuple):
    """Something that is missing from the figures, and the section that says more."""

    text: Markup
    section: str


class Tile(NamedTuple):
    """One measure: its value in the period and its change, and its value of all time with the exact figure."""

    name: str
    title: Markup
    period_value: Decimal | int | None
    period_shown: str
    change: Decimal | None
    change_shown: str
    whole_name: str
    whole_value: Decimal | int | None
    whole_shown: str
    whole_title: Markup


def compose_sentences(facts: Facts, words: Words) -> list[Markup]:
    """Return what happened, in sentences: the period, the last day, the members."""
    published, headline, day = facts["publication"][0], facts["headline"][0], facts["last_day"][0]
    return [
        words.say(
            "headline.lead",
            days=_strong(words.say_count("headline.days", published["window_day_count"])),
            date=_strong(words.full_date(published["as_of_date"])),
            stores=_name_stores(published, words),
            net=_strong(_say_money(words, headline["current_net_sales_amount"])),
            orders=words.say_count("headline.orders", headline["current_order_count"]),
            change=_say_change(words, "headline.change", headline["net_sales_change_rate"]),
        ),
        _say_last_day(published, day, words),
        words.say(
            "headline.identified",
            rate=_strong(words.rate(headline["current_identified_rate"])),
            members=words.say_count("headline.members", headline["current_member_count"]),
        ),
    ]


def compose_tiles(facts: Facts, words: Words) -> list[Tile]:
    """Return the four measures of the headline."""
    published, headline = facts["publication"][0], facts["headline"][0]
    since = words.say("headline.tile_whole", date=words.day(published["first_date"]))

    def tile(name: str, whole: str, change: str, show: Callable[..., str], whole_title: Markup = since) -> Tile:
        delta = headline[change]
        change_shown = words.points(delta) if change.endswith("points") else words.change(delta)
        period = headline[f"current_{whole}"]
        title = words.say(f"headline.tile_{name}")
        return Tile(
            name,
            title,
            period,
            show(period),
            delta,
            change_shown,
            whole,
            headline[whole],
            show(headline[whole]),
            whole_title,
        )

    known = words.say("headline.tile_known")
    return [
        tile("net_sales", "net_sales_amount", "net_sales_change_rate", words.money),
        tile("orders", "order_count", "order_change_rate", words.count),
        tile("members", "member_count", "member_change_rate", words.count, known),
        tile("identified", "identified_rate", "identified_change_points", words.rate),
    ]


def compose_comparison_note(facts: Facts, words: Words) -> Markup:
    """Say which days and which stores the changes compare."""
    published = facts["publication"][0]
    compared, stores = published["comparable_store_count"], published["period_store_count"]
    if not compared:
        return words.say("headline.compared_none")
    return words.say(
        "headline.compared_all" if compared == stores else "headline.compared_some",
        span=words.days(published["previous_start"], published["previous_end"]),
        part=words.count(compared),
        stores=words.say_count("headline.stores", stores),
    )


def list_notices(facts: Facts, words: Words) -> list[Notice]:
    """Return what is not complete, the worst for the figures first; an empty list means all is in."""
    gaps, published = facts["completeness"][0], facts["publication"][0]
    days = words.say_count("headline.days", published["window_day_count"] or 0)
    failed = sum(row["failed_count"] for row in facts["gates"])
    counted: list[tuple[str, int, str, dict[str, object]]] = [
        (
            "missing_window",
            gaps["window_incomplete_count"],
            "arrivals",
            {"days": days, "total": gaps["window_day_count"]},
        ),
        ("undue", gaps["undue_store_count"], "arrivals", {}),
        ("missing_files", gaps["missing_file_count"], "arrivals", {"total": gaps["expected_file_count"]}),
        ("refused", gaps["refused_file_count"], "arrivals", {}),
        ("pending", gaps["pending_file_count"], "arrivals", {}),
        ("quarantined", gaps["quarantined_row_count"], "arrivals", {}),
        ("checks", failed, "trace", {}),
    ]
    notices = [
        Notice(words.say_count(f"headline.{key}", count, **_show(values, words)), section)
        for key, count, section, values in counted
        if count
    ]
    if not gaps["owed_period_count"]:
        notices.append(Notice(words.say("headline.nothing_owed"), "arrivals"))
    if published["currency_count"] > 1:
        mixed = {"count": words.count(published["currency_count"]), "currency": published["currency"]}
        notices.insert(0, Notice(words.say("headline.mixed_currency", **mixed), "sales"))
    return notices


def _say_last_day(published: Row, day: Row, words: Words) -> Markup:
    date = published["as_of_date"]
    named = {"weekday": words.weekday(date), "date": words.full_date(date)}
    if day["net_sales_amount"] is None:
        return words.say("headline.last_missing", **named)
    orders = words.say_count("headline.orders", day["order_count"])
    change = _say_change(words, "headline.last", day["change_rate"], weekday=named["weekday"])
    net = _strong(_say_money(words, day["net_sales_amount"]))
    return words.say("headline.last_day", net=net, orders=orders, change=change, **named)


def _say_change(words: Words, key: str, rate: Decimal | None, **values: object) -> Markup:
    if rate is None:
        return words.say(f"{key}_none")
    shown = words.rate(abs(rate))
    if shown == words.rate(Decimal(0)):
        return words.say(f"{key}_flat", **values)
    return words.say(f"{key}_{'up' if rate > 0 else 'down'}", rate=_strong(shown), **values)


def _name_stores(published: Row, words: Words) -> object:
    count = published["period_store_count"]
    return published["first_store_name"] if count == 1 else words.say_count("headline.stores", count)


def _show(values: dict[str, object], words: Words) -> dict[str, object]:
    return {name: words.count(value) if isinstance(value, int) else value for name, value in values.items()}


def _say_money(words: Words, amount: Decimal) -> str:
    """Say an amount in a sentence: cents only where they weigh."""
    return words.money(amount, 0 if abs(amount) >= 1000 else 2)


def _strong(text: str | Sequence[str]) -> Markup:
    return Markup("<strong>{}</strong>").format(text)
