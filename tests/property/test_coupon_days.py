"""What is open of a coupon on any evening, for any order of events: the compiled models beside a count by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.compiled import Models

pytestmark = pytest.mark.integration

MODELS = {"int_coupon_movements__summed": "intermediate", "coupon_liability_daily": "marts"}
FIRST, TODAY = date(2026, 3, 1), date(2026, 3, 20)
ENDS = {"C1": date(2026, 3, 5), "C2": date(2026, 3, 20), "C3": date(2026, 3, 19)}
"""Last days of campaigns: one long over, one that ends today, so that nothing has expired yet, one since yesterday."""


class Event(NamedTuple):
    """One coupon that was issued, redeemed or given back."""

    campaign: str
    day: date
    event: str


class Row(NamedTuple):
    """A row of the mart, without its amounts."""

    opening: int
    issued: int
    unlisted: int
    redeemed: int
    expired: int
    reversed: int
    closing: int


EVENTS = st.lists(
    st.builds(
        Event,
        campaign=st.sampled_from([*ENDS, "unknown"]),
        day=st.integers(0, (TODAY - FIRST).days).map(lambda days: FIRST + timedelta(days)),
        event=st.sampled_from(["issue", "issue", "redeem", "reverse"]),
    ),
    min_size=1,
    max_size=30,
)


@pytest.fixture(scope="module")
def models(project_models: Models) -> Models:
    return project_models.take(MODELS)


def tell_days(models: Models, events: Iterable[Event]) -> dict[tuple[str, date], Row]:
    """What the models say; the last order is of today."""
    with duckdb.connect(config={"threads": 1}) as warehouse:
        warehouse.execute(
            """
            create schema intermediate; create schema marts;
            create table intermediate.int_coupon_events__listed (issuer varchar, campaign_id varchar, batch_id varchar,
                business_date date, event varchar, face_amount decimal(18, 2), currency varchar);
            create table intermediate.int_campaigns__keyed (campaign_id varchar, end_date date);
            create table intermediate.int_orders__aggregated (business_date date)
            """
        )
        for campaign, day, event in events:
            warehouse.execute(
                "insert into intermediate.int_coupon_events__listed values ('own', ?, 'K', ?, ?, null, null)",
                [campaign, day, event],
            )
        warehouse.executemany("insert into intermediate.int_campaigns__keyed values (?, ?)", [*ENDS.items()])
        warehouse.execute("insert into intermediate.int_orders__aggregated values (?)", [TODAY])
        for name, sql in models.items():
            warehouse.execute(f"create table {MODELS[name]}.{name} as {sql}")
        columns = ", ".join(f"{name}_count" for name in Row._fields)
        rows = warehouse.execute(
            f"select campaign_id, business_date, {columns} from marts.coupon_liability_daily"
        ).fetchall()
    assert len({row[:2] for row in rows}) == len(rows)
    return {(campaign, day): Row(*counts) for campaign, day, *counts in rows}


def count_days(events: Iterable[Event]) -> dict[tuple[str, date], Row]:
    """The same by hand: coupon for coupon, day after day."""
    told = Counter(events)
    rows = {}
    for campaign in {event.campaign for event in told}:
        end = ENDS.get(campaign, date.max)
        days = [event.day for event in told if event.campaign == campaign]
        expiry = end + timedelta(1) if end < TODAY and min(days) <= end else None
        left = 0
        for day in sorted({*days, *([expiry] if expiry else [])}):
            issued, redeemed, returned = (told[Event(campaign, day, word)] for word in ("issue", "redeem", "reverse"))
            opening = left
            expired = opening if day > end else 0
            left += issued + returned - expired
            unlisted = max(redeemed - left, 0)
            left += unlisted - redeemed
            if day > end:
                expired, left = expired + left, 0
            rows[campaign, day] = Row(opening, issued, unlisted, redeemed, expired, returned, left)
    return rows


@hypothesis_settings(max_examples=150, deadline=None)
@given(events=EVENTS)
def test_what_is_open_of_a_coupon_is_what_a_count_by_hand_gives(models: Models, events: list[Event]) -> None:
    assert tell_days(models, events) == count_days(events)
