"""Spend out is spend in, for any plans and bills: the compiled models beside an allocation by hand, day after day."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.compiled import Models

pytestmark = pytest.mark.integration

MODELS = {
    "int_campaign_plans__dated": "intermediate",
    "int_campaigns__keyed": "intermediate",
    "int_campaign_days__listed": "intermediate",
    "int_spend_items__gathered": "intermediate",
    "campaign_spend_daily": "marts",
}
WARNINGS = ("int_plan_warnings__found", "int_touch_warnings__found", "campaign_warnings")
FIRST = date(2026, 3, 1)
DAYS = [FIRST + timedelta(n) for n in range(12)]
CENT = Decimal("0.01")


class Plan(NamedTuple):
    """One row of a plan list."""

    campaign: str
    valid_from: date | None
    start: date
    end: date
    stores: str | None
    media: str | None


class Item(NamedTuple):
    """One line of spend; a platform's plan stands where it names no campaign."""

    feed: str
    campaign: str | None
    plan: str | None
    store: str | None
    first: date | None
    last: date | None
    cents: int
    currency: str


Part = tuple[str | None, date | None, str | None, str, str | None]
"""Campaign, day, store, currency, and the reason where no planned campaign's day carries it."""


days = st.sampled_from(DAYS)
spans = st.tuples(days, days).map(lambda pair: (min(pair), max(pair)))
plans = st.builds(
    lambda campaign, valid_from, span, stores, media: Plan(campaign, valid_from, *span, stores, media),
    st.sampled_from("12"),
    st.one_of(st.none(), days),
    spans,
    st.sampled_from([None, "S1", "S2;S1", "S1;S2;S3;"]),
    st.sampled_from([None, "baidu:p", "baidu:p; baidu:q"]),
)
currencies = st.sampled_from(["CNY", "CNY", "EUR"])
items = st.one_of(
    st.builds(
        lambda campaign, cents, currency: Item("campaign_spend", campaign, None, None, None, None, cents, currency),
        st.sampled_from("123"),
        st.integers(0, 1000),
        currencies,
    ),
    st.builds(
        lambda campaign, store, day, cents, currency: Item(
            "marketing_spend", campaign, None, store, day, day, cents, currency
        ),
        st.sampled_from([None, "1", "2", "4"]),
        st.sampled_from([None, "S1", "S9"]),
        days,
        st.integers(-1000, 1000),
        currencies,
    ),
    st.builds(
        lambda plan, span, cents, currency: Item("media_spend", None, plan, None, *span, cents, currency),
        st.sampled_from(["p", "q", "r", "1", "4"]),
        spans,
        st.integers(0, 1000),
        currencies,
    ),
)
worlds = st.tuples(
    st.lists(plans, max_size=8, unique_by=lambda plan: plan[:2]), st.lists(items, min_size=1, max_size=12)
)


@pytest.fixture(scope="module")
def compiled(project_models: Models) -> Models:
    return project_models.take([*MODELS, *WARNINGS])


def tell_spend(compiled: Models, listed: Sequence[Plan], spent: Sequence[Item], order: int = 0) -> dict[Part, Decimal]:
    """What the models say, whatever the order in which the rows lie there."""
    rows = [*enumerate(listed)], [*enumerate(spent)]
    for pile in rows:
        random.Random(order).shuffle(pile)
    with duckdb.connect(config={"threads": 1}) as warehouse:
        warehouse.execute(
            """
            create schema staging; create schema intermediate; create schema marts;
            create table staging.stg_bronze__campaigns as
            select null::varchar campaign_id_source, null::date valid_from, null::varchar campaign_type,
                null::varchar channel, null::date start_date, null::date end_date, null::varchar campaign_name,
                null::varchar store_ids, null::varchar audience, null::varchar offer, null::decimal(18, 3) holdout_rate,
                null::varchar goal, null::decimal(18, 2) goal_amount, null::decimal(18, 2) budget_amount,
                null::varchar currency, null::varchar media_plan_ids, null::varchar _file_id, null::bigint _line,
                null::date _period_start, null::date _period_end limit 0;
            create table intermediate.int_orders__aggregated as select date '2026-03-06' as business_date;
            create table staging.stg_bronze__audience_members (campaign_id_source varchar);
            create table staging.stg_bronze__campaign_targets (campaign_id_source varchar);
            create table staging.stg_bronze__coupon_redemptions (campaign_id_source varchar);
            create table staging.stg_bronze__touches (campaign_id_source varchar);
            create table staging.stg_bronze__campaign_spend (campaign_id_source varchar, spend_item varchar,
                amount decimal(18, 2), currency varchar, basis varchar, _file_id varchar, _line bigint);
            create table staging.stg_bronze__marketing_spend (document_id_source varchar, spend_date date,
                spend_type varchar, campaign_id_source varchar, store_id varchar, amount decimal(18, 2),
                currency varchar, basis varchar, _file_id varchar, _line bigint);
            create table staging.stg_bronze__media_spend (channel varchar, business_date date, until_date date,
                plan_id_source varchar, plan_name varchar, impression_count bigint, click_count bigint,
                cost_amount decimal(18, 2), currency varchar, _file_id varchar, _line bigint);
            """
        )
        for line, plan in rows[0]:
            warehouse.execute(
                "insert into staging.stg_bronze__campaigns by name select ? as campaign_id_source, "
                "?::date as valid_from, 'sms' as channel, ? as start_date, ? as end_date, ? as store_ids, "
                "? as media_plan_ids, 'plans' as _file_id, ? as _line",
                [*plan, line],
            )
        for line, item in rows[1]:
            amount, origin = item.cents * CENT, [item.currency, "invoiced", item.feed, line]
            values: list[object] = {
                "campaign_spend": [item.campaign, "print", amount, *origin],
                "marketing_spend": [f"D{line}", item.first, "print", item.campaign, item.store, amount, *origin],
                "media_spend": [
                    "baidu",
                    item.first,
                    item.last,
                    item.plan,
                    item.plan,
                    *(7, 1),
                    amount,
                    item.currency,
                    *origin[2:],
                ],
            }[item.feed]
            marks = ", ".join("?" * len(values))
            warehouse.execute(f"insert into staging.stg_bronze__{item.feed} values ({marks})", values)
        for name, schema in MODELS.items():
            warehouse.execute(f"create table {schema}.{name} as {compiled[name]}")
        told = warehouse.execute(
            "select campaign_id, business_date, store_id, currency, unallocated_reason, sum(amount) "
            "from marts.campaign_spend_daily group by all"
        ).fetchall()
    return {(campaign, day, store, currency, reason): amount for campaign, day, store, currency, reason, amount in told}


class Plans:
    """The plans of each campaign that count, and the one in force on a day, by hand."""

    def __init__(self, listed: Iterable[Plan]) -> None:
        self.of: dict[str, list[Plan]] = defaultdict(list)
        for plan in sorted(listed, key=lambda p: p.valid_from or date.min):
            known = self.of[plan.campaign]
            if not known or known[-1]._replace(valid_from=None) != plan._replace(valid_from=None):
                known.append(plan)
        for known in self.of.values():
            late = (n for n in range(1, len(known)) if (known[n].valid_from or FIRST) > known[n - 1].end)
            del known[next(late, len(known)) :]

    def on(self, campaign: str | None, day: date) -> Plan | None:
        """The plan in force on a day; the first holds before its own day, too."""
        known = self.of.get(campaign or "", [])
        return next(
            (p for p in reversed(known) if not p.valid_from or p.valid_from <= day), known[0] if known else None
        )

    def days_of(self, campaign: str | None) -> Iterator[date]:
        """The days on which a campaign ran, by the plan of each day."""
        for day in DAYS:
            plan = self.on(campaign, day)
            if plan and plan.start <= day <= plan.end:
                yield day


def allocate(listed: Sequence[Plan], spent: Sequence[Item]) -> dict[Part, Decimal]:
    """The same by hand, cent for cent."""
    plans_known = Plans(listed)
    known = {p.campaign for p in listed} | {i.campaign for i in spent if i.campaign}
    amounts: dict[Part, int] = defaultdict(int)
    for item in spent:
        campaign, reason = item.campaign, None
        if item.plan and item.first:
            plans_today = {name: plans_known.on(name, item.first) for name in plans_known.of}
            claims = [
                name for name, p in plans_today.items() if p and re.search(rf"\bbaidu:{item.plan}\b", p.media or "")
            ]
            campaign = claims[0] if len(claims) == 1 else item.plan if not claims and item.plan in known else None
            reason = "several campaigns name the plan" if len(claims) > 1 else None
        if campaign is None:
            reason = reason or "no campaign"
        elif campaign not in plans_known.of:
            reason = "campaign not listed"
        if item.first and item.last:
            chosen = [day for day in DAYS if item.first <= day <= item.last]
        else:
            chosen = [*plans_known.days_of(campaign)]
        parts: list[tuple[date | None, str | None]] = []
        for day in chosen:
            plan = plans_known.on(campaign, day)
            stores = sorted(filter(None, (plan.stores or "").split(";"))) if plan else []
            parts += [(day, store) for store in ([item.store] if item.store else stores or [None])]
        parts = parts or [(None, item.store)]
        share, odd = divmod(abs(item.cents), len(parts))
        for place, (part_day, store) in enumerate(parts):
            cents = (share + (place < odd)) * (1 if item.cents > 0 else -1)
            told = reason or (None if part_day else "campaign without days")
            amounts[campaign, part_day, store, item.currency, told] += cents
    return {part: cents * CENT for part, cents in amounts.items()}


@hypothesis_settings(max_examples=60, deadline=None)
@given(world=worlds, order=st.integers(0, 9))
def test_spend_lies_where_an_allocation_by_hand_puts_it(
    compiled: Models, world: tuple[list[Plan], list[Item]], order: int
) -> None:
    told = tell_spend(compiled, *world, order)
    assert told == allocate(*world)
    for currency in ("CNY", "EUR"):
        spent = sum(item.cents for item in world[1] if item.currency == currency) * CENT
        assert sum(amount for part, amount in told.items() if part[3] == currency) == spent


def test_every_kind_of_warning_has_a_remedy(compiled: Models) -> None:
    kinds = re.compile(r"'([a-z]+(?:_[a-z]+)+)'")
    found = {kind for name in WARNINGS[:2] for kind in kinds.findall(compiled[name])}
    assert found == set(kinds.findall(compiled["campaign_warnings"]))
