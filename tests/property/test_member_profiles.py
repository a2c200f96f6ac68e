"""What must hold of a member's profile on any day, for any orders: the compiled models, over orders made up here."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

import duckdb
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.compiled import Models
from tests.conftest import PROJECT

pytestmark = pytest.mark.integration

MODELS = [
    "int_member_heirs__dated",
    "int_member_orders__dated",
    "int_member_days__counted",
    "int_member_scores__dated",
    "int_member_states__dated",
    "int_member_profiles__dated",
]
RULE = yaml.safe_load((PROJECT / "dbt_project" / "dbt_project.yml").read_text())["vars"]["lapse"]
SEGMENTS = PROJECT / "dbt_project" / "seeds" / "intermediate" / "rfm_segments.csv"
FIRST = date(2025, 12, 20)
A_DAY = timedelta(days=1)


class Order(NamedTuple):
    """An order with a card, or of nobody known; a refund or a void is no purchase."""

    card: str | None
    day: date
    amount: Decimal
    is_purchase: bool


class Merge(NamedTuple):
    """From a day on two cards are known to be one member's."""

    day: date
    one: str
    other: str


class Profile(NamedTuple):
    """What is known of a member on a day."""

    order_count: int
    order_day_count: int
    net_sales_amount: Decimal
    last_order_date: date
    usual_interval_days: Decimal | None
    lapse_status: str
    month_rfm_segment: str


CARDS = "abcd"
LAST = FIRST + 150 * A_DAY
DAYS = st.integers(0, (LAST - FIRST).days).map(lambda days: FIRST + days * A_DAY)
MERGES = st.lists(st.builds(Merge, day=DAYS, one=st.sampled_from(CARDS), other=st.sampled_from(CARDS)), max_size=3)
ORDERS = st.lists(
    st.builds(
        Order,
        card=st.sampled_from([*CARDS, None]),
        day=DAYS,
        amount=st.integers(-500, 5000).map(lambda cents: Decimal(cents).scaleb(-2)),
        is_purchase=st.sampled_from([True, True, False]),
    ),
    min_size=1,
    max_size=25,
)


@pytest.fixture(scope="module")
def models(project_models: Models) -> Models:
    return project_models.take(MODELS)


def list_changes(merges: Iterable[Merge]) -> dict[str, tuple[str, date]]:
    """The member in which each one ended, and the day: of two, the first in the alphabet goes on."""
    changes: dict[str, tuple[str, date]] = {}
    for merge in sorted(merges):
        winner, loser = sorted(name_member(changes, card, merge.day) for card in (merge.one, merge.other))
        if winner != loser:
            changes[loser] = (winner, merge.day)
    return changes


def name_member(changes: dict[str, tuple[str, date]], card: str, day: date) -> str:
    """Whose a card is known to be on a day."""
    member = f"M{card}"
    while member in changes and changes[member][1] <= day:
        member = changes[member][0]
    return member


def tell_days(
    models: Models, orders: Iterable[Order], merges: Iterable[Merge], through: date
) -> dict[tuple[str, date], Profile]:
    """The profile of each member on each day up to the last one with an order, but not beyond `through`."""
    changes = list_changes(merges)
    with duckdb.connect(config={"threads": 1}) as warehouse:
        warehouse.execute(
            f"""
            create schema intermediate;
            create schema seeds;
            create table seeds.rfm_segments as from read_csv('{SEGMENTS}');
            use memory.intermediate;
            create table int_orders__aggregated (order_id varchar, member_id varchar, business_date date,
                net_sales_amount decimal(18, 2), is_purchase boolean, member_token varchar);
            create table int_identifiers__resolved (identifier_token varchar, own_member_id varchar,
                member_id varchar, valid_from date, valid_to date);
            create table int_member_changes__dated (member_id varchar, new_member_id varchar, event varchar,
                event_date date)
            """
        )
        for number, (card, day, amount, is_purchase) in enumerate(orders):
            member = card and name_member(changes, card, date.max)
            warehouse.execute(
                "insert into int_orders__aggregated values (?, ?, ?, ?, ?, ?)",
                [str(number), member, day, amount, is_purchase, card],
            )
        for card in CARDS:
            warehouse.execute(
                "insert into int_identifiers__resolved values (?, ?, ?, null, null)",
                [card, f"M{card}", name_member(changes, card, date.max)],
            )
        for member, (heir, day) in changes.items():
            warehouse.execute("insert into int_member_changes__dated values (?, ?, 'merge', ?)", [member, heir, day])
        for name, sql in models.items():
            warehouse.execute(f"create table intermediate.{name} as {sql}")
        told = warehouse.execute(
            f"""
            with last as (select least(max(business_date), ?) as day from int_orders__aggregated),
            days as (select unnest(generate_series(?::date, last.day, interval 1 day))::date as day from last)
            select member_id, day, {", ".join(Profile._fields)}
            from days join int_member_profiles__dated on day between valid_from_date and coalesce(valid_to_date, day)
            """,
            [through, FIRST],
        ).fetchall()
    days = {(member, day): Profile(*values) for member, day, *values in told}
    assert len(days) == len(told), "two profiles of one member on one day"
    return days


def tell_day(orders: list[Order], merges: list[Merge], member: str, day: date) -> Profile | None:
    """The same by its definition, from the orders and the merges up to that day alone."""
    mine = list_orders(orders, merges, day).get(member, [])
    bought = [o for o in mine if o.is_purchase]
    if not bought:
        return None
    days = sorted({o.day for o in bought})
    intervals = [(b - a).days for a, b in pairwise(days)]
    usual = None
    if len(intervals) >= RULE["intervals_needed"]:
        usual = statistics.median(intervals[-RULE["latest_intervals"] :])

    def patience(rule: dict[str, int]) -> int:
        wanted = math.ceil(rule["intervals"] * (usual or RULE["default_interval_days"]))
        return min(max(wanted, rule["days_min"]), rule["days_max"])

    silent = (day - days[-1]).days
    if (day - days[0]).days < RULE["new_days"]:
        status = "new"
    elif silent > patience(RULE["lapsed"]):
        status = "lapsed"
    elif silent > patience(RULE["at_risk"]):
        status = "at risk"
    else:
        status = "active"
    return Profile(
        order_count=len(bought),
        order_day_count=len(days),
        net_sales_amount=sum((o.amount for o in mine), Decimal(0)),
        last_order_date=days[-1],
        usual_interval_days=None if usual is None else Decimal(str(float(usual))),
        lapse_status=status,
        month_rfm_segment=tell_segment(list_orders(orders, merges, day.replace(day=1) - A_DAY), member),
    )


def list_orders(orders: list[Order], merges: list[Merge], day: date) -> dict[str, list[Order]]:
    """The orders of each member, as known at the end of a day."""
    changes = list_changes(merges)
    known: dict[str, list[Order]] = {}
    for order in orders:
        if order.card and order.day <= day:
            known.setdefault(name_member(changes, order.card, day), []).append(order)
    return known


def tell_segment(known: dict[str, list[Order]], member: str) -> str:
    """The RFM segment at the end of a day."""
    bought = {name: [o for o in mine if o.is_purchase] for name, mine in known.items()}
    bought = {name: mine for name, mine in bought.items() if mine}
    if member not in bought:
        return "no orders"
    latest = {name: max(o.day for o in mine).toordinal() for name, mine in bought.items()}
    count = {name: len(mine) for name, mine in bought.items()}
    names = dict(line.rsplit(",", 1) for line in SEGMENTS.read_text().splitlines()[1:])

    def score(values: dict[str, int]) -> int:
        rank = 1 + sum(value < values[member] for value in values.values())
        return 1 + (rank - 1) * 5 // len(bought)

    return names[f"{score(latest)},{score(count)}"]


@hypothesis_settings(max_examples=12, deadline=None)
@given(orders=ORDERS, merges=MERGES)
def test_a_profile_is_what_orders_and_merges_up_to_its_day_tell(
    models: Models, orders: list[Order], merges: list[Merge]
) -> None:
    last = max(o.day for o in orders)
    merges = [merge._replace(day=min(merge.day, last)) for merge in merges]
    told = tell_days(models, orders, merges, last)
    days = [FIRST + n * A_DAY for n in range((last - FIRST).days + 1)]
    expected = {(f"M{c}", d): tell_day(orders, merges, f"M{c}", d) for c in CARDS for d in days}
    assert told == {key: profile for key, profile in expected.items() if profile}


@hypothesis_settings(max_examples=20, deadline=None)
@given(orders=ORDERS, merges=MERGES, day=DAYS)
def test_no_past_profile_changes_when_files_of_later_days_arrive(
    models: Models, orders: list[Order], merges: list[Merge], day: date
) -> None:
    past = [o for o in orders if o.day <= day] or [Order("a", day, Decimal(1), True)]
    last = max(o.day for o in past)
    later = [*(o for o in orders if o.day > last), Order(None, LAST + A_DAY, Decimal(1), True)]
    before = tell_days(models, past, [m for m in merges if m.day <= last], last)
    after = tell_days(models, [*past, *later], merges, last)
    assert after == before
