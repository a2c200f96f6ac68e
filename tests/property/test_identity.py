"""Members are a function of evidence and decisions alone: not of the order of arrival, nor of what was there before."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from loopmart.identity.rules import Rules
from tests.evidence import DAY, Resolved, Said, Warehouse

pytestmark = pytest.mark.integration

NAMES = (
    *(f"card:{n}" for n in range(4)), *(f"phone:{n}" for n in range(4)), *(f"openid:{n}@app{n % 2}" for n in range(5)),
    "unionid:0", "unionid:1", "twin:0", "twin:1", "account:0",
)  # fmt: skip
TIGHT = Rules(
    caps={
        "vip_card": (2, 2, 3, 2), "shop_account": (2, 2, 2, 2), "phone": (2, 2, 3, 2), "unionid": (2, 2, 3, 1),
        "wechat_openid": (2, 2, 2, 1), "alipay_user": (2, 2, 2, 2),
    },
    component_cap=6,
    reassigned_days=20,
)  # fmt: skip
"""Caps that a handful of identifiers reaches."""

days = st.one_of(st.none(), *[st.integers(0, 60)] * 5)
evidence = st.builds(
    lambda ends, kind, first, length, count, file, line: Said(
        ends[0], ends[1], kind, first, None if first is None else first + length, count, file, line
    ),
    st.tuples(st.sampled_from(NAMES), st.one_of(st.none(), *[st.sampled_from(NAMES)] * 7)).filter(
        lambda e: e[0] != e[1]
    ),
    st.sampled_from(["member_list", "follower", "order", "payment", "touch"]),
    days,
    st.integers(0, 30),
    st.integers(1, 3),
    st.sampled_from(["f1", "f2"]),
    st.integers(1, 4),
)
pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda ends: ends[0] != ends[1])
decisions = st.lists(
    st.builds(
        lambda day, decision, ends: (
            f"{DAY + timedelta(day)} {decision} {ends[0]} {'' if decision == 'split' else ends[1]}"
        ),
        st.integers(-1, 70),
        st.sampled_from(["veto", "veto", "link", "split"]),
        pairs,
    ),
    max_size=4,
)
phones = st.sampled_from([name for name in NAMES if name.startswith("phone")])
conflicts = st.lists(st.tuples(phones, pairs).map(lambda found: (found[0], *found[1])), max_size=2)
worlds = st.tuples(st.lists(evidence, max_size=30), decisions, conflicts)

check = hypothesis_settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)


def open_warehouse(folder: str, world: Any) -> tuple[Warehouse, list[Said]]:
    warehouse = Warehouse(Path(folder), TIGHT)
    said, decided, warehouse.conflicts = world
    warehouse.decide(*decided)
    return warehouse, said


@check
@seed(1)
@given(world=worlds, order=st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter(world: Any, order: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        warehouse, said = open_warehouse(folder, world)
        assert warehouse.resolve(said).rows == warehouse.resolve(order.sample(said, len(said))).rows


@check
@seed(2)
@given(
    world=worlds,
    nights=st.lists(
        st.tuples(
            st.lists(evidence, max_size=4), st.sets(st.integers(0, 30), max_size=3), st.none() | decisions,
            st.none() | conflicts, st.sampled_from([TIGHT, TIGHT, replace(TIGHT, component_cap=4)]),
        ),
        min_size=1, max_size=4,
    ),
)  # fmt: skip
def test_what_changes_is_resolved_as_if_everything_were(world: Any, nights: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        warehouse, said = open_warehouse(folder, world)
        warehouse.resolve(said)
        for arrived, revoked, decided, conflicting, warehouse.rules in nights:
            said = [one for place, one in enumerate(said) if place not in revoked] + arrived
            if decided is not None:
                warehouse.decide(*decided)
            if conflicting is not None:
                warehouse.conflicts = conflicting
            night = warehouse.resolve_change(said)
            assert night.rows == warehouse.resolve(said).rows


@check
@seed(3)
@given(world=worlds)
def test_no_member_is_above_the_cap_and_vetoes_hold(world: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        warehouse, said = open_warehouse(folder, world)
        found = warehouse.resolve(said)
        sizes: dict[str, int] = {}
        for row in found.rows:
            if row["member_id"]:
                sizes[row["member_id"]] = sizes.get(row["member_id"], 0) + 1
        assert max(sizes.values(), default=0) <= TIGHT.component_cap
        assert all(row["identifier_count"] == sizes.get(row["member_id"], 0) for row in found.rows)
        assert len({row["own_member_id"] for row in found.rows}) == len(found.rows)
        for line in world[1]:
            _, decision, a, *b = line.split()
            if decision == "veto":
                assert not members_of(found, a) & members_of(found, b[0])


@check
@seed(4)
@given(world=worlds)
def test_every_id_that_ended_leads_to_a_member_that_was_there_before(world: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        warehouse, said = open_warehouse(folder, (world[0], [], world[2]))
        found = warehouse.resolve(said)
        rows = {row["own_member_id"]: row for row in found.rows}
        for row in found.rows:
            assert len(row["changes"] or []) <= 1
            for change in row["changes"] or []:
                heir = rows[change["new_member_id"]]
                assert heir["member_id"] == row["member_id"] != row["own_member_id"]
                for founder in (row, heir):
                    assert founder["first_seen_date"] is None or founder["first_seen_date"] < change["event_date"]


def members_of(found: Resolved, name: str) -> set[str]:
    from tests.evidence import token

    return {row["member_id"] for row in found.rows if row["identifier_token"] == token(name) and row["member_id"]}
