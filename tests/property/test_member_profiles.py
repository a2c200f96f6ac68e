"""What must hold of a member's profile on any day, for any orders: the compiled models, run over orders made up here."""

from __future__ import annotations

import math
import statistics
import subprocess
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from loopmart.settings import Settings
from loopmart.transform.dbt import RUN, dbt_environment
from tests.conftest import PROJECT

pytestmark = pytest.mark.integration

MODELS = [
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
    """An order of a member, or of nobody known."""

    member: str | None
    day: date
    amount: Decimal


class Profile(NamedTuple):
    """What is known of a member on a day."""

    order_count: int
    order_day_count: int
    net_sales_amount: Decimal
    last_order_date: date
    usual_interval_days: Decimal | None
    lapse_status: str
    month_rfm_segment: str


ORDERS = st.lists(
    st.builds(
        Order,
        member=st.sampled_from(["MA", "MB", "MC", "MD", None]),
        day=st.integers(0, 250).map(lambda days: FIRST + days * A_DAY),
        amount=st.integers(-500, 5000).map(lambda cents: Decimal(cents).scaleb(-2)),
    ),
    min_size=1,
    max_size=40,
)


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The models' SQL as dbt compiles it, each as a statement that creates its table."""
    root = tmp_path_factory.mktemp("compiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOOPMART_HOME", str(root))
        settings = Settings.load()
    settings.warehouse_path.parent.mkdir(parents=True)
    done = subprocess.run(
        [
            *RUN, "compile", "--select", *MODELS, "--project-dir", str(settings.dbt_project_dir),
            "--profiles-dir", str(settings.dbt_project_dir), "--target-path", str(root / "target"),
        ],
        env=dbt_environment(settings),
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    folder = root / "target" / "compiled" / "loopmart" / "models" / "intermediate"
    return [f"create table intermediate.{name} as {read(folder / f'{name}.sql')}" for name in MODELS]


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8").replace('"loopmart".', "")


def tell_days(statements: list[str], orders: Iterable[Order], through: date) -> dict[tuple[str, date], Profile]:
    """The profile of each member on each day up to the last one with an order, but not beyond `through`."""
    with duckdb.connect() as warehouse:
        warehouse.execute("create schema intermediate; create schema seeds")
        warehouse.execute(f"create table seeds.rfm_segments as from read_csv('{SEGMENTS}')")
        warehouse.execute(
            "create table intermediate.int_orders__aggregated "
            "(order_id varchar, member_id varchar, business_date date, net_sales_amount decimal(18, 2))"
        )
        warehouse.executemany(
            "insert into intermediate.int_orders__aggregated values (?, ?, ?, ?)",
            [[f"S1-{number}", *order] for number, order in enumerate(orders)],
        )
        for statement in statements:
            warehouse.execute(statement)
        told = warehouse.execute(
            f"""
            with last as (select least(max(business_date), ?) as day from intermediate.int_orders__aggregated),
            days as (select unnest(generate_series(?::date, last.day, interval 1 day))::date as day from last)
            select member_id, day, {", ".join(Profile._fields)}
            from days join intermediate.int_member_profiles__dated
            on day between valid_from_date and coalesce(valid_to_date, day)
            """,
            [through, FIRST],
        ).fetchall()
    days = {(member, day): Profile(*values) for member, day, *values in told}
    assert len(days) == len(told), "two profiles of one member on one day"
    return days


def tell_day(orders: list[Order], member: str, day: date) -> Profile | None:
    """The same by its definition, from the orders up to that day alone."""
    mine = [o for o in orders if o.member == member and o.day <= day]
    if not mine:
        return None
    days = sorted({o.day for o in mine})
    intervals = [(b - a).days for a, b in zip(days, days[1:], strict=False)]
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
        order_count=len(mine),
        order_day_count=len(days),
        net_sales_amount=sum((o.amount for o in mine), Decimal(0)),
        last_order_date=days[-1],
        usual_interval_days=None if usual is None else Decimal(str(float(usual))),
        lapse_status=status,
        month_rfm_segment=tell_segment(orders, member, day.replace(day=1) - A_DAY),
    )


def tell_segment(orders: list[Order], member: str, day: date) -> str:
    """The RFM segment at the end of a day."""
    past = [o for o in orders if o.member and o.day <= day]
    members = {o.member for o in past}
    if member not in members:
        return "no orders"
    latest = {m: max(o.day for o in past if o.member == m).toordinal() for m in members}
    count = {m: sum(o.member == m for o in past) for m in members}
    names = dict(line.rsplit(",", 1) for line in SEGMENTS.read_text().splitlines()[1:])

    def score(values: dict[Any, int]) -> int:
        rank = 1 + sum(value < values[member] for value in values.values())
        return 1 + (rank - 1) * 5 // len(members)

    return names[f"{score(latest)},{score(count)}"]


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=ORDERS)
def test_a_profile_is_what_the_orders_up_to_its_day_tell(statements: list[str], orders: list[Order]) -> None:
    last = max(o.day for o in orders)
    told = tell_days(statements, orders, last)
    days = [FIRST + n * A_DAY for n in range((last - FIRST).days + 1)]
    expected = {(m, d): tell_day(orders, m, d) for m in ("MA", "MB", "MC", "MD") for d in days}
    assert told == {key: profile for key, profile in expected.items() if profile}


@hypothesis_settings(max_examples=30, deadline=None)
@given(orders=ORDERS, arriving=ORDERS, day=st.integers(0, 250).map(lambda days: FIRST + days * A_DAY))
def test_no_past_profile_changes_when_files_of_later_days_arrive(
    statements: list[str], orders: list[Order], arriving: list[Order], day: date
) -> None:
    later = [order for order in arriving if order.day > day]
    before = tell_days(statements, orders, day)
    after = tell_days(statements, [*orders, *later], day)
    known = {key: profile for key, profile in after.items() if key[1] <= max(o.day for o in orders)}
    assert known == before
