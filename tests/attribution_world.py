"""Worlds of touches and orders, the compiled models of attribution built on them, and their rules by hand."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import duckdb
from hypothesis import strategies as st

from loopmart.attribution.weights import tabulate_weights
from tests.compiled import Models

BEFORE_WEIGHTS = (
    "int_attribution_methods__listed",
    "int_attribution_paths__placed",
    "int_attribution_null_paths__placed",
)
AFTER_WEIGHTS = {
    "int_attribution_learnt_spans__placed": "intermediate",
    "int_order_claims__placed": "intermediate",
    "int_order_credits__assigned": "intermediate",
    "order_attributions": "marts",
}
MODELS = (*BEFORE_WEIGHTS, *AFTER_WEIGHTS)
WEIGHTS = "intermediate.int_attribution_weights__solved"


FIRST = datetime(2026, 1, 1)
RULES = ("first_touch", "last_touch", "linear", "position_based", "time_decay")


class Touch(NamedTuple):
    """A message to a member, and for how many days its campaign runs on."""

    member: str
    campaign: str
    at: datetime
    days_left: int | None


class Order(NamedTuple):
    """A purchase of a member, and what of it was given back later."""

    member: str
    at: datetime
    cents: int
    cost_cents: int | None
    refunded_cents: int


def moments(days: int) -> st.SearchStrategy[datetime]:
    """Times of a few hours on any of the days."""
    return st.builds(
        lambda day, hour: FIRST + timedelta(days=day, hours=hour), st.integers(0, days), st.sampled_from([9, 12, 20])
    )


MEMBERS = st.sampled_from(["MA", "MB"])
TOUCHES = st.lists(
    st.builds(Touch, MEMBERS, st.sampled_from("123"), moments(120), st.none() | st.integers(0, 60)), max_size=8
)
ORDERS = st.lists(
    st.builds(
        Order, MEMBERS, moments(150), st.integers(0, 10**12), st.none() | st.integers(0, 10**6), st.integers(0, 500)
    ),
    min_size=1,
    max_size=5,
)


def create_tables(session: duckdb.DuckDBPyConnection) -> None:
    """Empty tables, with the columns that attribution reads."""
    session.execute(
        """
        create schema intermediate;
        create schema marts;
        create table intermediate.int_orders__aggregated (
            order_id varchar, member_id varchar, business_date date, ordered_at timestamp, is_purchase boolean,
            refunded_order_id varchar, net_sales_amount decimal(18, 2), margin_amount decimal(18, 2)
        );
        create table intermediate.int_touches__keyed (
            touch_id varchar, campaign_id varchar, member_id varchar, channel varchar, kind varchar, status varchar,
            touched_date date, touched_at timestamp, end_date date
        );
        create table intermediate.int_redemptions__matched (
            redemption_id varchar, campaign_id varchar, order_id varchar
        )
        """
    )


def build_models(session: duckdb.DuckDBPyConnection, models: Models) -> None:
    """Build all as tables, anew where they stand."""
    for name in BEFORE_WEIGHTS:
        session.execute(f"create or replace table intermediate.{name} as {models[name]}")
    paths, null_paths = (session.table(f"intermediate.{name}") for name in BEFORE_WEIGHTS[1:])
    session.register("weights", tabulate_weights(paths, null_paths))
    session.execute(f"create or replace table {WEIGHTS} as from weights")
    session.unregister("weights")
    for name, schema in AFTER_WEIGHTS.items():
        session.execute(f"create or replace table {schema}.{name} as {models[name]}")


def fill(session: duckdb.DuckDBPyConnection, touches: list[Touch], orders: list[Order]) -> None:
    """Put this world in place of the one before; each order has a redemption, and its refund on the next day."""
    for table in ("int_orders__aggregated", "int_touches__keyed", "int_redemptions__matched"):
        session.execute(f"delete from intermediate.{table}")
    for number, touch in enumerate(touches):
        end = None if touch.days_left is None else touch.at.date() + timedelta(days=touch.days_left)
        session.execute(
            "insert into intermediate.int_touches__keyed values ($1, $2, $3, 'sms', 'sms', 'delivered', $4, $5, $6)",
            [f"T-{number}", touch.campaign, touch.member, touch.at.date(), touch.at, end],
        )
    for number, order in enumerate(orders):
        sale = f"S-{number}"
        margin = None if order.cost_cents is None else Decimal(order.cents - order.cost_cents) / 100
        rows = [
            [sale, order.member, order.at.date(), order.at, True, None, Decimal(order.cents) / 100, margin],
            [f"R-{number}", order.member, order.at.date() + timedelta(days=1), None, False, sale,
             -Decimal(order.refunded_cents) / 100, None],
        ]  # fmt: skip
        session.executemany(
            "insert into intermediate.int_orders__aggregated values ($1, $2, $3, $4, $5, $6, $7, $8)", rows
        )
        session.execute(
            "insert into intermediate.int_redemptions__matched values ($1, '1', $2), ($3, '2', $2)",
            [f"R-1-{number}", sale, f"R-2-{number}"],
        )


def walk_path(touches: list[Touch], order: Order) -> list[int]:
    """The touches before an order while they count, by number, the earliest first."""
    counting = [
        (touch.at, -int(touch.campaign), -number)
        for number, touch in enumerate(touches)
        if touch.member == order.member
        and touch.at <= order.at
        and (order.at.date() - touch.at.date()).days <= min(90, 90 if touch.days_left is None else touch.days_left)
    ]
    return [-number for *_, number in sorted(counting)]


def weigh_path(method: str, touches: list[Touch], path: list[int], day: date) -> list[Fraction]:
    """What each touch of a path weighs by a rule."""
    length = len(path)
    if method == "first_touch":
        return [Fraction(place == 0) for place in range(length)]
    if method == "last_touch":
        return [Fraction(place == length - 1) for place in range(length)]
    if method == "position_based" and length > 2:
        return [Fraction(40) if place in (0, length - 1) else Fraction(20, length - 2) for place in range(length)]
    if method == "time_decay":
        ages = [(day - touches[number].at.date()).days for number in path]
        return [Fraction(math.floor(10_000 * 0.5 ** (age / 7) + 0.5)) for age in ages]  # a half goes up, as in SQL
    return [Fraction(1)] * length
