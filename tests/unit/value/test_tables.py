"""What dbt gets: checks and predictions as tables."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from loopmart.value.tables import NO_PURCHASE, tabulate_checks, tabulate_predictions
from tests.unit.value.customers import simulate_days


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Orders of 400 members over two years, one anonymous order on the last day, and a member who only returned."""
    days = simulate_days(400, 104, seed=30)
    rows = pa.table({
        "member_id": [days.customer_ids[each] for each in days.customers],
        "day": days.days,
        "cents": days.cents,
    })  # fmt: skip
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        connection.execute(
            """
            create table orders as
            select member_id, date '2016-01-01' + cast(day as int) as business_date,
                cast(cents as decimal(18, 2)) / 100 as net_sales_amount
            from rows
            union all select null, date '2016-01-01' + 727, 10
            union all select 'R', date '2016-06-01', -10
            """
        )
        connection.execute("alter table orders alter net_sales_amount type decimal(18, 2)")
        connection.execute("alter table orders add column order_kind varchar default 'sale'")
        yield connection


def predict(warehouse: duckdb.DuckDBPyConnection) -> tuple[pa.Table, pa.Table]:
    checks = tabulate_checks(warehouse.table("orders"))
    warehouse.register("checks", checks)
    return checks, tabulate_predictions(warehouse.table("orders"), warehouse.table("checks"))


def test_each_member_with_an_order_has_one_row_in_order(warehouse: duckdb.DuckDBPyConnection) -> None:
    _, predictions = predict(warehouse)
    members = warehouse.execute("select distinct member_id from orders where member_id is not null order by 1")
    assert predictions.column("member_id").to_pylist() == [member for (member,) in members.fetchall()]


def test_a_member_is_predicted_with_an_interval_or_has_a_reason(warehouse: duckdb.DuckDBPyConnection) -> None:
    checks, predictions = predict(warehouse)
    assert set(checks.column("verdict").to_pylist()) == {"fits"}
    *others, returned = predictions.to_pylist()
    assert returned == {"member_id": "R", "reason": NO_PURCHASE} | dict.fromkeys(list(returned)[1:-1])
    for row in others:
        assert row["reason"] is None
        assert Decimal(0) <= row["predicted_12m_low"] <= row["predicted_12m_amount"] <= row["predicted_12m_high"]
        assert 0 <= row["alive_probability"] <= 1


def test_the_order_of_orders_does_not_change_a_byte(warehouse: duckdb.DuckDBPyConnection) -> None:
    one = predict(warehouse)
    warehouse.execute("create or replace table orders as select * from orders order by hash(rowid)")
    other = predict(warehouse)
    assert one[0].equals(other[0])
    assert one[1].equals(other[1])


def test_today_is_the_last_business_date_of_anyone(warehouse: duckdb.DuckDBPyConnection) -> None:
    before = {row["measure"]: row["observed_value"] for row in predict(warehouse)[0].to_pylist()}
    warehouse.execute("insert into orders values (null, date '2016-01-01' + 737, 1, 'sale')")
    after = {row["measure"]: row["observed_value"] for row in predict(warehouse)[0].to_pylist()}
    assert after["history_days"] == before["history_days"] + 10


def test_nothing_is_predicted_where_there_is_not_enough_data(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("delete from orders where business_date >= date '2016-03-01'")
    _, predictions = predict(warehouse)
    assert set(predictions.column("predicted_12m_amount").to_pylist()) == {None}
    (reason,) = set(predictions.column("reason").to_pylist())
    assert reason.startswith("not enough data: history days 60 (at least 182)")


def test_without_an_order_there_is_no_prediction_and_no_error(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("delete from orders")
    checks, predictions = predict(warehouse)
    assert predictions.num_rows == 0
    assert set(checks.column("verdict").to_pylist()) == {"not enough data"}


def test_a_measure_that_cannot_be_worked_out_is_null(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("update orders set net_sales_amount = 5 where member_id is not null")
    checks, _ = predict(warehouse)
    observed = {row["measure"]: row["observed_value"] for row in checks.to_pylist()}
    assert observed["frequency_value_correlation"] is None
    assert set(checks.column("verdict").to_pylist()) == {"does not fit"}


def test_a_void_is_no_purchase(warehouse: duckdb.DuckDBPyConnection) -> None:
    one = predict(warehouse)
    warehouse.execute(
        "insert into orders "
        "select member_id, business_date + 1, 0, 'void' from orders where business_date < date '2016-12-01'"
    )
    other = predict(warehouse)
    assert one[0].equals(other[0])
    assert one[1].equals(other[1])
