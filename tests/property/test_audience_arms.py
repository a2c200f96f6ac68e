"""Whoever was exported is counted in one arm with what he bought: the compiled models beside a count by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.compiled import Models

pytestmark = pytest.mark.integration

MODELS = {
    "int_audience_members__keyed": "intermediate",
    "int_audience_exports__dated": "intermediate",
    "int_audience_arms__measured": "intermediate",
    "audiences": "marts",
}
EXPORTED = date(2026, 5, 2)
WINDOWS = {"E1": 14, "E2": 5}
TODAY = date(2026, 5, 20)
TABLES = """
    create schema staging; create schema intermediate; create schema marts;
    create table staging.stg_bronze__audience_members (export_id varchar, exported_member_id varchar, audience varchar,
        campaign_id_source varchar, channel varchar, exported_at timestamp, export_date date, window_days int,
        identifier_token varchar, arm varchar, reason varchar, _file_id varchar, _line bigint);
    create table intermediate.int_identifiers__resolved (identifier_token varchar, member_id varchar, valid_from date,
        valid_to date);
    create table intermediate.int_campaigns__keyed (campaign_id varchar, holdout_rate decimal(18, 3));
    create table intermediate.int_orders__aggregated (member_id varchar, business_date date, sale_business_date date,
        order_kind varchar, is_purchase boolean, net_sales_amount decimal(18, 2), margin_amount decimal(18, 2),
        currency varchar)
"""


class Line(NamedTuple):
    """A line of an export: whose number it is, and the arm."""

    export: str
    person: int
    arm: str


class Order(NamedTuple):
    """What a member bought, or gave back of a sale of an earlier day."""

    member: str
    day: int
    cents: int
    sale_day: int | None

    @property
    def sold_on(self) -> date:
        """Day that the order counts on."""
        return EXPORTED + timedelta(self.day if self.sale_day is None else self.sale_day)


LINES = st.lists(
    st.builds(
        Line,
        export=st.sampled_from([*WINDOWS]),
        person=st.integers(0, 9),
        arm=st.sampled_from(["treatment", "treatment", "holdout", "excluded"]),
    ),
    min_size=1,
    max_size=25,
    unique_by=lambda line: (line.export, line.person),
)
OWNERS = st.lists(st.sampled_from(["MA", "MB", "MC", "MD", "ME", None]), min_size=10, max_size=10)
"""Whose each person's identifier is today: several may be one member, or nobody."""
ORDERS = st.lists(
    st.builds(
        Order,
        member=st.sampled_from(["MA", "MB", "MC", "MD", "MX"]),
        day=st.integers(-2, 18),
        cents=st.integers(1, 9_999),
        sale_day=st.none() | st.integers(-2, 16),
    ),
    max_size=25,
)


@pytest.fixture(scope="module")
def models(project_models: Models) -> Models:
    return project_models.take(MODELS)


def build(
    models: Models, lines: Sequence[Line], owners: Sequence[str | None], orders: Sequence[Order]
) -> dict[str, Any]:
    """The rows of each model, sorted."""
    with duckdb.connect(config={"threads": 1}) as warehouse:
        warehouse.execute(TABLES)
        for line in lines:
            warehouse.execute(
                "insert into staging.stg_bronze__audience_members values "
                "(?, ?, 'a', '7', 'sms', '2026-05-02 12:00:00', ?, ?, ?, ?, ?, ?, ?)",
                [line.export, f"M{line.person}", EXPORTED, WINDOWS[line.export], f"t{line.person}", line.arm,
                 "no consent" if line.arm == "excluded" else None, f"file {line.export}", line.person + 2],
            )  # fmt: skip
        for person, owner in enumerate(owners):
            warehouse.execute(
                "insert into intermediate.int_identifiers__resolved values (?, ?, null, null)", [f"t{person}", owner]
            )
        for order in [*orders, Order("MX", (TODAY - EXPORTED).days, 1, None)]:
            sign = 1 if order.sale_day is None else -1
            warehouse.execute(
                "insert into intermediate.int_orders__aggregated values (?, ?, ?, ?, ?, ?, ?, 'CNY')",
                [order.member, EXPORTED + timedelta(order.day), None if sign > 0 else order.sold_on,
                 "sale" if sign > 0 else "refund", sign > 0, sign * Decimal(order.cents) / 100, None],
            )  # fmt: skip
        rows = {}
        for name, sql in models.items():
            warehouse.execute(f"create table {MODELS[name]}.{name} as {sql}")
            built = warehouse.execute(f"from {MODELS[name]}.{name} order by all")
            columns = [column[0] for column in built.description or ()]
            rows[name] = [dict(zip(columns, row, strict=True)) for row in built.fetchall()]
    return rows


@hypothesis_settings(max_examples=40, deadline=None)
@given(lines=LINES, owners=OWNERS, orders=ORDERS)
def test_everybody_exported_is_counted_once_with_what_he_bought(
    models: Models, lines: list[Line], owners: list[str | None], orders: list[Order]
) -> None:
    rows = build(models, lines, owners, orders)
    people: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line in lines:
        people[line.export, owners[line.person] or f"nobody {line.person}"].append(line.arm)
    for audience in rows["audiences"]:
        arms = [set(said) for (export, _), said in people.items() if export == audience["export_id"]]
        counted = {arm: sum(said == {arm} for said in arms) for arm in ("treatment", "holdout", "excluded")} | {
            "mixed": sum(len(said) > 1 for said in arms)
        }
        assert {arm: audience[f"{arm}_member_count"] for arm in counted} == counted
        assert audience["considered_member_count"] == len(arms) == sum(counted.values())
        assert audience["exported_member_count"] == sum(line.export == audience["export_id"] for line in lines)
    assert {audience["export_id"] for audience in rows["audiences"]} == {line.export for line in lines}
    bought: dict[tuple[str, str], list[tuple[Decimal, int]]] = defaultdict(list)
    for (export, member), said in people.items():
        if len(set(said)) == 1 and said[0] != "excluded" and not member.startswith("nobody"):
            until = EXPORTED + timedelta(WINDOWS[export])
            own = [order for order in orders if order.member == member and EXPORTED < order.sold_on <= until]
            cents = sum(order.cents if order.sale_day is None else -order.cents for order in own)
            bought[export, said[0]].append((Decimal(cents) / 100, sum(order.sale_day is None for order in own)))
    found = {(row["export_id"], row["arm"], row["measure"]): row for row in rows["int_audience_arms__measured"]}
    assert len(found) == 5 * len(bought)
    for (export, arm), values in bought.items():
        for measure, position in (("net_sales", 0), ("orders", 1)):
            row, own_values = found[export, arm, measure], [value[position] for value in values]
            assert row["member_count"] == len(values)
            assert row["value_sum"] == sum(own_values)
            assert row["square_sum"] == sum(value * value for value in own_values)


@hypothesis_settings(max_examples=20, deadline=None)
@given(lines=LINES, owners=OWNERS, orders=ORDERS, randomness=st.randoms(use_true_random=False))
def test_the_order_in_which_rows_come_changes_nothing(
    models: Models, lines: list[Line], owners: list[str | None], orders: list[Order], randomness: Any
) -> None:
    one = build(models, lines, owners, orders)
    shuffled = [randomness.sample(rows, len(rows)) for rows in (lines, orders)]
    assert build(models, shuffled[0], owners, shuffled[1]) == one
