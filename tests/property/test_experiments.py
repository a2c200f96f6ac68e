"""What campaigns brought, planted into orders, is found by the compiled models and the package."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from loopmart.incrementality.tables import tabulate_findings
from loopmart.incrementality.verdicts import CUPED, GAIN, HOLDOUT, NAIVE, NOT_CAUSAL, PRE_POST, SYNTHETIC
from tests.compiled import Models

pytestmark = pytest.mark.integration

MODELS = (
    "int_comparison_days__listed",
    "int_comparison_subjects__dated",
    "int_comparison_members__assigned",
    "int_comparison_arms__measured",
    "int_comparison_stores__summed",
)
TABLES = {
    "int_campaigns__keyed": "campaign_id varchar, channel varchar, start_date date, end_date date",
    "int_campaign_costs__summed": "campaign_id varchar, spend_amount decimal(18, 2)",
    "int_campaign_stores__listed": "campaign_id varchar, store_id varchar",
    "int_touches__keyed": "campaign_id varchar, member_id varchar, channel varchar",
    "int_members__keyed": "member_id varchar",
    "int_audience_members__keyed": "campaign_id varchar, exported_member_id varchar, member_id varchar, arm varchar, "
    "export_date date, window_end_date date",
    "int_orders__aggregated": "store_id varchar, business_date date, sale_business_date date, member_id varchar, "
    "net_sales_amount decimal(18, 2), currency varchar",
}
MEMBERS, STORES = 1_200, 24
HELD_OUT = 300
EXPORTED = date(2026, 5, 1)
DAYS = 28
LIFT = Decimal("6.00")
"""What each member who was told buys more in the window."""
SHARE = Decimal("0.8")
"""By which the sales of store S00 rise, beside the members' orders in no store of these."""


@pytest.fixture(scope="module")
def models(project_models: Models) -> Models:
    return project_models.take(MODELS)


def make_world() -> dict[str, list[tuple[Any, ...]]]:
    """Campaign M told three of four members drawn at random, and none of 100 poor ones; campaign S ran in store S00.

    One more who was held out is found no more.
    """
    draw = np.random.default_rng(1)
    told = set(draw.permutation(MEMBERS)[HELD_OUT:].tolist())
    orders: list[tuple[Any, ...]] = []
    for member, taste in enumerate(draw.gamma(2, 10, MEMBERS)):
        for start in (-DAYS, 1):
            day = EXPORTED + timedelta(int(start + draw.integers(0, DAYS)))
            spent = Decimal(f"{taste + draw.gamma(2, 5):.2f}") + (LIFT if start == 1 and member in told else 0)
            orders.append((f"T{member % 50}", day, None, f"M{member:04}", spent))
        orders.append(("T0", EXPORTED, None, f"M{member:04}", Decimal(999)))  # on the day of the export: counts nowhere
    orders += [("T0", EXPORTED + timedelta(1 + day), None, f"P{day}", Decimal("1.00")) for day in range(DAYS)]
    for store, size in enumerate(np.geomspace(100, 5_000, STORES)):
        for offset in range(-63, DAYS):
            sold = Decimal(f"{size * (1 + 0.1 * np.sin(offset)) * draw.normal(1, 0.05):.2f}")
            factor = 1 + SHARE if store == 0 and offset >= 0 else 1
            orders.append((f"S{store:02}", EXPORTED + timedelta(offset), None, None, sold * factor))
    exported = [
        ("M", f"M{member:04}", f"M{member:04}", "treatment" if member in told else "holdout", EXPORTED)
        for member in range(MEMBERS)
    ]
    lost = [("M", "gone", None, "holdout", EXPORTED)]
    window_end = EXPORTED + timedelta(DAYS)
    return {
        "int_campaigns__keyed": [("M", "sms", EXPORTED, window_end), ("S", "flyer", EXPORTED, window_end)],
        "int_campaign_costs__summed": [("M", Decimal("500.00"))],
        "int_campaign_stores__listed": [("S", "S00")],
        "int_touches__keyed": [("M", f"M{member:04}", "sms") for member in sorted(told)],
        "int_members__keyed": [(f"M{member:04}",) for member in range(MEMBERS)] + [(f"P{n}",) for n in range(100)],
        "int_audience_members__keyed": [(*row, window_end) for row in exported + lost],
        "int_orders__aggregated": [(*order, "CNY") for order in orders],
    }


def conclude(models: Models, world: dict[str, list[tuple[Any, ...]]]) -> list[dict[str, Any]]:
    with duckdb.connect(config={"threads": 1}) as warehouse:
        warehouse.execute("create schema intermediate")
        for name, columns in TABLES.items():
            warehouse.execute(f"create table intermediate.{name} ({columns})")
            rows = pd.DataFrame(world[name], dtype=object)
            warehouse.register("rows", rows)
            warehouse.execute(f"insert into intermediate.{name} from rows")
        for name in MODELS:
            warehouse.execute(f"create table intermediate.{name} as {models[name]}")
        relations = [warehouse.table(f"intermediate.{name}") for name in (MODELS[1], MODELS[3], MODELS[4])]
        found: list[dict[str, Any]] = tabulate_findings(*relations).to_pylist()
        return found


def test_planted_effects_on_members_and_stores_are_found_whatever_the_order_of_rows(models: Models) -> None:
    world = make_world()
    found = conclude(models, world)
    assert conclude(models, {name: rows[::-1] for name, rows in world.items()}) == found
    rows = {(row["subject_id"], row["method"]): row for row in found if row["subject_type"] == "campaign"}
    planted = LIFT * (MEMBERS - HELD_OUT)
    widths = []
    for method in (HOLDOUT, CUPED):
        row = rows["M", method]
        assert row["verdict"] == GAIN
        assert row["control_member_count"] == HELD_OUT
        assert row["incremental_low"] <= planted <= row["incremental_high"]
        widths.append(row["incremental_high"] - row["incremental_low"])
    assert widths[1] < widths[0]
    naive = rows["M", NAIVE]
    assert naive["verdict"] == NOT_CAUSAL
    assert naive["incremental_low"] > planted
    assert rows["M", HOLDOUT]["naive_net_sales_amount"] == naive["incremental_net_sales_amount"]
    sold = sum(row[4] for row in world["int_orders__aggregated"] if row[0] == "S00" and row[1] >= EXPORTED)
    for method in (SYNTHETIC, PRE_POST):
        row = rows["S", method]
        assert row["verdict"] == GAIN
        assert row["incremental_low"] <= sold * SHARE / (1 + SHARE) <= row["incremental_high"]
    channels = {(row["subject_id"], row["method"]): row for row in found if row["subject_type"] == "channel"}
    assert (
        channels["sms", HOLDOUT]["incremental_net_sales_amount"] == rows["M", HOLDOUT]["incremental_net_sales_amount"]
    )
