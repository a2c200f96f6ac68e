"""What dbt gets of exports: effects with intervals, and verdicts only where they may be given."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import stats

from loopmart.outcomes.tables import MEASURES, OUTCOMES, tabulate_outcomes


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            """
            create table exports (export_id varchar, window_day_count int, loaded_day_count int, is_window_closed bool);
            create table arms (export_id varchar, arm varchar, measure varchar, member_count bigint,
                value_sum decimal(18, 2), square_sum decimal(28, 4), unknown_order_count bigint,
                first_currency varchar, last_currency varchar)
            """
        )
        yield connection


def add_export(warehouse: duckdb.DuckDBPyConnection, export_id: str, days: int, loaded: int, *, closed: bool) -> None:
    warehouse.execute("insert into exports values (?, ?, ?, ?)", [export_id, days, loaded, closed])


def add_arm(
    warehouse: duckdb.DuckDBPyConnection,
    key: tuple[str, str, str],
    cents: np.ndarray[Any, np.dtype[np.int64]],
    *,
    unknown: int = 0,
    currencies: tuple[str | None, str | None] = ("CNY", "CNY"),
) -> None:
    total, squares = Decimal(int(cents.sum())) / 100, Decimal(int((cents**2).sum())) / 10_000
    row = [*key, len(cents), total, squares, unknown, *currencies]
    warehouse.execute("insert into arms values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def conclude(warehouse: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, Any]]:
    table = tabulate_outcomes(warehouse.table("exports"), warehouse.table("arms"))
    assert table.schema == OUTCOMES
    return {(row["export_id"], row["measure"]): row for row in table.to_pylist()}


def draw_cents(count: int, mean: float, seed: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Sales of members in cents: most buy nothing, some much."""
    generator = np.random.default_rng(seed)
    bought = generator.random(count) < 0.4
    return np.where(bought, generator.lognormal(np.log(mean), 0.8, count) * 100, 0).astype(np.int64)


def test_the_interval_is_that_of_an_independent_welch_test(warehouse: duckdb.DuckDBPyConnection) -> None:
    reached, held_out = draw_cents(300, 80, 1), draw_cents(90, 40, 2)
    add_export(warehouse, "E1", 14, 14, closed=True)
    add_arm(warehouse, ("E1", "treatment", "net_sales"), reached)
    add_arm(warehouse, ("E1", "holdout", "net_sales"), held_out)
    row = conclude(warehouse)["E1", "net_sales"]
    test = stats.ttest_ind(reached / 100, held_out / 100, equal_var=False)
    interval = test.confidence_interval(0.95)
    assert float(row["difference_low"]) == pytest.approx(interval.low, abs=1e-4)
    assert float(row["difference_high"]) == pytest.approx(interval.high, abs=1e-4)
    assert float(row["total_lift"]) == pytest.approx(300 * (reached.mean() - held_out.mean()) / 100, abs=0.005)
    assert interval.low > 0
    assert (row["verdict"], row["currency"]) == ("measured gain", "CNY")


@pytest.mark.parametrize(
    ("reached", "held_out", "verdict"),
    [(40.0, 80.0, "measured loss"), (40.0, 40.0, "no effect found")],
    ids=["loss", "nothing"],
)
def test_a_loss_and_no_effect_are_told_apart(
    warehouse: duckdb.DuckDBPyConnection, reached: float, held_out: float, verdict: str
) -> None:
    add_export(warehouse, "E1", 14, 14, closed=True)
    add_arm(warehouse, ("E1", "treatment", "net_sales"), draw_cents(400, reached, 1))
    add_arm(warehouse, ("E1", "holdout", "net_sales"), draw_cents(200, held_out, 2))
    assert conclude(warehouse)["E1", "net_sales"]["verdict"] == verdict


def test_an_open_window_has_an_interval_but_no_verdict(warehouse: duckdb.DuckDBPyConnection) -> None:
    add_export(warehouse, "E1", 14, 5, closed=False)
    add_arm(warehouse, ("E1", "treatment", "net_sales"), draw_cents(300, 80, 1))
    add_arm(warehouse, ("E1", "holdout", "net_sales"), draw_cents(90, 40, 2))
    row = conclude(warehouse)["E1", "net_sales"]
    assert row["difference_low"] > 0
    assert row["verdict"] == "not enough data"
    assert "5 of 14 days are loaded" in row["verdict_reason"]


@pytest.mark.parametrize(
    ("days", "closed", "size", "changes", "reason"),
    [
        (0, False, 90, {}, "the window has not begun (0 of 14 days are loaded)"),
        (9, True, 90, {}, "partly outside the loaded business dates (9 of 14 days are loaded)"),
        (14, True, 29, {}, "members held out: 29 of at least 30"),
        (14, True, 90, {"unknown": 3}, "the cost of 3 orders is not known"),
        (14, True, 90, {"currencies": ("CNY", "USD")}, "orders in several currencies: CNY, USD"),
    ],
    ids=["not begun", "began before the data", "few", "cost", "currencies"],
)
def test_what_cannot_be_compared_has_no_effect_but_a_reason(
    warehouse: duckdb.DuckDBPyConnection, days: int, *, closed: bool, size: int, changes: Any, reason: str
) -> None:
    add_export(warehouse, "E1", 14, days, closed=closed)
    add_arm(warehouse, ("E1", "treatment", "margin"), draw_cents(300, 80, 1))
    add_arm(warehouse, ("E1", "holdout", "margin"), draw_cents(size, 40, 2), **changes)
    row = conclude(warehouse)["E1", "margin"]
    assert row["verdict"] == "not enough data"
    assert reason in row["verdict_reason"]
    assert {row[name] for name in row if name.startswith(("difference", "total_lift", "detectable"))} == {None}
    assert row["holdout_mean"] is not None


def test_every_export_has_a_row_for_each_measure_also_without_members(warehouse: duckdb.DuckDBPyConnection) -> None:
    for export_id in ("E2", "E1"):
        add_export(warehouse, export_id, 14, 14, closed=True)
    rows = conclude(warehouse)
    assert list(rows) == [(export_id, measure) for export_id in ("E1", "E2") for measure in MEASURES]
    assert {row["verdict_reason"] for row in rows.values()} == {
        "members reached: 0 of at least 30; members held out: 0 of at least 30"
    }


def test_the_order_of_rows_does_not_change_a_byte(warehouse: duckdb.DuckDBPyConnection) -> None:
    for number in range(1, 4):
        add_export(warehouse, f"E{number}", 14, 14, closed=True)
        for arm, size in (("treatment", 200), ("holdout", 70)):
            for measure in MEASURES:
                add_arm(warehouse, (f"E{number}", arm, measure), draw_cents(size, 50, number))
    one = tabulate_outcomes(warehouse.table("exports"), warehouse.table("arms"))
    for name in ("exports", "arms"):
        warehouse.execute(f"create or replace table {name} as from {name} order by hash(rowid)")
    assert tabulate_outcomes(warehouse.table("exports"), warehouse.table("arms")).equals(one)


def test_the_smallest_difference_to_be_found_is_found_four_times_in_five(warehouse: duckdb.DuckDBPyConnection) -> None:
    add_export(warehouse, "E1", 14, 14, closed=True)
    for arm, size in (("treatment", 400), ("holdout", 100)):
        add_arm(warehouse, ("E1", arm, "net_sales"), draw_cents(size, 50, size))
    smallest = float(conclude(warehouse)["E1", "net_sales"]["detectable_difference"])
    deviation = float(np.concatenate([draw_cents(400, 50, 400), draw_cents(100, 50, 100)]).std()) / 100
    generator = np.random.default_rng(7)
    reached = generator.normal(smallest, deviation, (4_000, 400))
    held_out = generator.normal(0, deviation, (4_000, 100))
    found = stats.ttest_ind(reached, held_out, axis=1, equal_var=False).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.03)
