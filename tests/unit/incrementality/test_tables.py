"""The findings table: one row per campaign, or channel, and method, from sums."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from loopmart.incrementality.tables import FINDINGS, tabulate_findings
from loopmart.incrementality.verdicts import METHODS

Row = dict[str, Any]
SUBJECTS = "subject_type varchar, subject_id varchar, channel varchar, cost_amount decimal(18, 2), "
SUBJECTS += "window_day_count int, loaded_day_count int"
ARMS = "subject_type varchar, subject_id varchar, is_targeted boolean, drawn_member_count bigint, "
ARMS += "first_currency varchar, last_currency varchar, member_count bigint, "
ARMS += "net_sales_amount decimal(18, 2), net_sales_square_sum decimal(28, 4), before_amount decimal(18, 2), "
ARMS += "before_square_sum decimal(28, 4), product_sum decimal(28, 4)"
STORES = "campaign_id varchar, store_id varchar, is_named boolean, week int, net_sales_amount decimal(18, 2), "
STORES += "day_count int"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def tabulate(
    connection: duckdb.DuckDBPyConnection, subjects: list[tuple], arms: list[tuple], stores: list[tuple]
) -> dict[tuple[str, str, str], Row]:
    for name, columns, rows in (("subjects", SUBJECTS, subjects), ("arms", ARMS, arms), ("stores", STORES, stores)):
        connection.execute(f"create or replace table {name} ({columns})")
        if rows:
            connection.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", rows)
    table = tabulate_findings(*(connection.table(name) for name in ("subjects", "arms", "stores")))
    assert table.schema == FINDINGS
    found = {(row["subject_type"], row["subject_id"], row["method"]): row for row in table.to_pylist()}
    assert len(found) == len(table)
    return found


def sum_arm(
    kind: str, name: str, is_targeted: bool, values: list[int], drawn: int | None = None, currency: str | None = "CNY"
) -> tuple:
    """An arm whose members sold the same before."""
    count, total, squares = len(values), sum(values), sum(value * value for value in values)
    sums = total, squares, 10 * count, 100 * count, 10 * total
    return kind, name, is_targeted, drawn, currency, currency, count, *sums


def test_welchs_interval_of_sums_is_the_one_worked_by_hand(connection: duckdb.DuckDBPyConnection) -> None:
    """Targeted 20 x 10 and 20 x 20, control 15 x 5 and 15 x 9: 40 members bring 8 each.

    The variances are 25.641 and 4.138, the squared error 0.641 + 0.1379 = 0.7790, its root 0.8826; there are 54.3
    degrees of freedom, whose t quantile is 2.0047: 40 * 2.0047 * 0.8826 = 70.77.
    """
    arms = [
        sum_arm("campaign", "1", True, [10] * 20 + [20] * 20),
        sum_arm("campaign", "1", False, [5] * 15 + [9] * 15),
    ]
    found = tabulate(connection, [("campaign", "1", "mail", None, 5, 5)], arms, [])["campaign", "1", METHODS[0]]
    assert found["incremental_net_sales_amount"] == Decimal("320.00")
    assert float(found["incremental_low"]) == pytest.approx(320 - 70.77, abs=0.03)
    assert float(found["incremental_high"]) == pytest.approx(320 + 70.77, abs=0.03)
    assert found["confidence_level"] == Decimal("0.9500")
    assert (found["verdict"], found["control_member_count"]) == ("not causal", 30)


def test_each_campaign_and_channel_has_a_row_for_each_method(connection: duckdb.DuckDBPyConnection) -> None:
    subjects = [
        ("campaign", "1", "mail", None, 5, 5),
        ("campaign", "2", "unknown", None, 0, 0),
        ("channel", "mail", "mail", None, 5, 5),
        ("channel", "unknown", "unknown", None, 0, 0),
        ("holdout", "1", "mail", None, 5, 5),
    ]
    found = tabulate(connection, subjects, [], [])
    expected = {
        (kind, name, method)
        for kind, names in (("campaign", "12"), ("channel", ("mail", "unknown")))
        for name in names
        for method in METHODS
    }
    assert set(found) == expected
    assert {row["verdict"] for row in found.values()} == {"not enough data"}
    assert all(row["incremental_low"] is None and row["confidence_level"] is None for row in found.values())


def test_a_holdout_is_measured_beside_the_naive_figure_and_adds_up_in_its_channel(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    treated, control = [10, 14] * 40, [8, 10] * 40
    subjects = [("channel", "mail", "mail", 100, 5, 5)]
    arms = []
    for name in "12":
        subjects += [("campaign", name, "mail", 50, 5, 5), ("holdout", name, "mail", 50, 7, 7)]
        arms += [
            sum_arm("campaign", name, True, treated),
            sum_arm("campaign", name, False, [1] * 50),
            sum_arm("holdout", name, True, treated, 80),
            sum_arm("holdout", name, False, control, 80),
        ]
    arms += [sum_arm("channel", "mail", True, treated), sum_arm("channel", "mail", False, [1] * 50)]
    found = tabulate(connection, subjects, arms, [])
    one, both = found["campaign", "1", "holdout"], found["channel", "mail", "holdout"]
    assert (one["verdict"], both["verdict"]) == ("measured gain", "measured gain")
    assert one["incremental_net_sales_amount"] == 3 * 80
    assert one["naive_net_sales_amount"] == 11 * 80
    assert both["incremental_net_sales_amount"] == 2 * 3 * 80
    assert both["control_member_count"] == 160
    reach = [float(row["incremental_high"] - row["incremental_low"]) for row in (one, both)]
    assert reach[1] == pytest.approx(math.sqrt(2) * reach[0], rel=1e-4)
    subjects = [row for row in subjects if row[:2] != ("holdout", "2")]
    without = tabulate(connection, subjects, arms, [])["channel", "mail", "holdout"]
    assert without["incremental_net_sales_amount"] is None
    assert without["verdict_reason"] == "1 of 2 campaigns have a figure from members held out at random"


def test_an_uneven_loss_of_members_is_told_by_the_numbers_that_were_drawn(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    arms = [
        sum_arm("holdout", "1", True, [10, 14] * 500, 1_000),
        sum_arm("holdout", "1", False, [8, 10] * 400, 1_000),
    ]
    subjects = [("campaign", "1", "mail", None, 5, 5), ("holdout", "1", "mail", None, 5, 5)]
    found = tabulate(connection, subjects, arms, [])["campaign", "1", "holdout"]
    assert found["verdict"] == "not causal"
    assert "1000 and 800 members where a share of 0.5000 was drawn" in found["verdict_reason"]


def test_orders_in_several_currencies_are_not_enough_data(connection: duckdb.DuckDBPyConnection) -> None:
    subjects = [("campaign", "1", "mail", None, 5, 5), ("campaign", "2", "mail", None, 5, 5)]
    arms = [
        sum_arm("campaign", "1", True, [10, 14] * 40),
        sum_arm("campaign", "1", False, [8, 10] * 40, currency="USD"),
        sum_arm("campaign", "2", True, [10, 14] * 40),
        sum_arm("campaign", "2", False, [0] * 40, currency=None),
    ]
    found = tabulate(connection, subjects, arms, [])
    assert found["campaign", "1", METHODS[0]]["verdict"] == "not enough data"
    assert found["campaign", "1", METHODS[0]]["verdict_reason"] == "their orders are in several currencies: CNY, USD"
    assert found["campaign", "2", METHODS[0]]["verdict"] == "not causal"


def test_stores_are_read_by_week_whatever_the_order_of_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """Store S01 sells 10 a day before and 20 in the window, the others 10 and then 9 or 11: 10 more on 7 days."""
    rows = [
        ("1", f"S{store:02}", store == 1, week, 70 if week else (140 if store == 1 else 63 + 14 * (store % 2)), 7)
        for store in range(1, 22)
        for week in range(-8, 1)
    ]
    subjects = [("campaign", "1", "mail", None, 7, 7)]
    found = tabulate(connection, subjects, [], rows)
    assert tabulate(connection, subjects, [], rows[::-1]) == found
    synthetic, pre_post = (found["campaign", "1", name] for name in ("synthetic_control", "pre_post_with_controls"))
    assert pre_post["incremental_net_sales_amount"] == Decimal("70.00")
    assert pre_post["naive_net_sales_amount"] == Decimal("70.00")
    assert float(synthetic["incremental_net_sales_amount"]) == pytest.approx(70, abs=7)
    for row in (synthetic, pre_post):
        assert (row["verdict"], row["control_store_count"]) == ("measured gain", 20)
