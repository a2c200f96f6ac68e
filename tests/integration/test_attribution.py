"""Attribution against the published figures of PathData, and against a count by hand for any touches and orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings

from loopmart.attribution.markov import share_conversions, solve_removal_effects
from loopmart.attribution.paths import Path
from loopmart.attribution.weights import tabulate_weights
from tests.attribution_world import (
    FIRST,
    MODELS,
    ORDERS,
    RULES,
    TOUCHES,
    Order,
    Touch,
    build_models,
    create_tables,
    fill,
    walk_path,
    weigh_path,
)
from tests.compiled import Models
from tests.path_data import eliminate, read_path_data

pytestmark = pytest.mark.integration

PATHS = "intermediate.int_attribution_paths__placed"
NULL_PATHS = "intermediate.int_attribution_null_paths__placed"


@pytest.fixture(scope="module")
def paths() -> list[Path]:
    return read_path_data()


@pytest.fixture(scope="module")
def models(project_models: Models) -> Models:
    return project_models.take(MODELS)


@pytest.fixture(scope="module")
def warehouse(paths: list[Path], models: Models) -> Iterator[duckdb.DuckDBPyConnection]:
    """PathData as touches and orders: each conversion is an order of a member who was touched once a minute before."""
    with duckdb.connect() as session:
        create_tables(session)
        session.execute("create table path_data (path_number int, campaigns varchar[], conversions int, nulls int)")
        rows = [(number, list(path.campaigns), path.conversions, path.nulls) for number, path in enumerate(paths)]
        numbers, campaigns, conversions, nulls = (list(column) for column in zip(*rows, strict=True))
        session.execute(
            """
            insert into path_data
            select unnest($1::int[]), unnest($2::varchar[][]), unnest($3::int[]), unnest($4::int[])
            """,
            [numbers, campaigns, conversions, nulls],
        )
        session.execute(
            """
            create table walks as
            select path_number || '-' || walk as walk_id, walk <= conversions as is_converted, campaigns
            from (select *, unnest(range(1, conversions + nulls + 1)) as walk from path_data);
            insert into intermediate.int_orders__aggregated
                (order_id, member_id, business_date, ordered_at, is_purchase, net_sales_amount, margin_amount)
            select walk_id, walk_id, date '2026-03-01', timestamp '2026-03-01 23:00:00', true, 1, null
            from walks where is_converted;
            insert into intermediate.int_touches__keyed
                (touch_id, campaign_id, member_id, kind, status, touched_date, touched_at)
            select
                walk_id || '-' || step, campaigns[step], walk_id, 'sms', 'delivered', date '2026-03-01',
                timestamp '2026-03-01 00:00:00' + to_minutes(step)
            from (select *, unnest(range(1, len(campaigns) + 1)) as step from walks)
            """
        )
        build_models(session, models)
        yield session


@pytest.fixture(scope="module")
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as session:
        create_tables(session)
        yield session


def sum_credits(warehouse: duckdb.DuckDBPyConnection, method: str) -> dict[str, float]:
    """Orders by channel that a method credits."""
    rows = warehouse.execute(
        "select campaign_id, sum(credit) from marts.order_attributions where method = $1 group by campaign_id", [method]
    ).fetchall()
    return {channel: float(credit) for channel, credit in rows}


def test_rules_give_every_channel_of_path_data_its_exact_figure(
    paths: list[Path], warehouse: duckdb.DuckDBPyConnection
) -> None:
    expected: dict[str, dict[str, Fraction]] = {"first_touch": {}, "last_touch": {}, "linear": {}}
    for path in paths:
        walk, orders = path.campaigns, Fraction(path.conversions)
        shares = {"first_touch": walk[:1], "last_touch": walk[-1:], "linear": walk}
        for method, channels in shares.items():
            for channel in channels:
                expected[method][channel] = expected[method].get(channel, Fraction(0)) + orders / len(channels)
    assert expected["first_touch"]["alpha"] == 6308
    assert expected["last_touch"]["alpha"] == 8447
    assert float(expected["linear"]["alpha"]) == pytest.approx(7574.7186, abs=5e-5)
    assert len(expected["linear"]) == 12
    for method, figures in expected.items():
        found = sum_credits(warehouse, method)
        whole = {channel: float(figure) for channel, figure in figures.items() if figure}
        # A credit is told in millionths: 19,785 orders may be a fiftieth apart in all.
        assert found == pytest.approx(whole, abs=0.02 if method == "linear" else 0), method


def test_every_method_shares_out_every_order_of_path_data(
    paths: list[Path], warehouse: duckdb.DuckDBPyConnection
) -> None:
    orders = sum(path.conversions for path in paths)
    methods = warehouse.execute("from intermediate.int_attribution_methods__listed").fetchall()
    for (method,) in methods:
        told = sum(sum_credits(warehouse, method).values())
        assert told == pytest.approx(0 if method == "coupon_coded" else orders, abs=1e-6), method


def test_paths_in_the_warehouse_are_those_of_path_data(paths: list[Path], warehouse: duckdb.DuckDBPyConnection) -> None:
    weights = tabulate_weights(warehouse.table(PATHS), warehouse.table(NULL_PATHS)).to_pylist()
    removal, passages = share_conversions(paths), dict.fromkeys(share_conversions(paths), 0)
    for path in paths:
        for channel in set(path.campaigns):
            passages[channel] += path.conversions + path.nulls
    rates = {channel: removal[channel] / passages[channel] for channel in removal}
    assert {row["campaign_id"]: row["markov_weight"] for row in weights} == {
        channel: round(10_000 * rate / max(rates.values())) for channel, rate in rates.items()
    }


def test_path_data_has_the_published_markov_figures(paths: list[Path]) -> None:
    shares = share_conversions(paths)
    assert solve_removal_effects(paths).conversion_rate == pytest.approx(0.2238451, abs=5e-8)
    assert shares["alpha"] == pytest.approx(5344.95, abs=0.005)
    assert shares["iota"] == pytest.approx(3884.61, abs=0.005)
    assert sum(shares.values()) == pytest.approx(sum(path.conversions for path in paths))


def test_removal_effects_of_path_data_agree_with_exact_elimination(paths: list[Path]) -> None:
    removal = solve_removal_effects(paths)
    assert len(removal.effects) == 12
    rate = eliminate(paths, None)
    assert removal.conversion_rate == pytest.approx(float(rate), rel=1e-12)
    for channel, effect in removal.effects.items():
        assert effect == pytest.approx(float(1 - eliminate(paths, channel) / rate), rel=1e-9), channel


@given(touches=TOUCHES, orders=ORDERS)
@example(  # five half-lives, 312.5: a half is rounded up
    touches=[Touch("MA", "1", FIRST + timedelta(days=day, hours=9), None) for day in (73, 102)],
    orders=[Order("MA", FIRST + timedelta(days=108, hours=12), 150, None, 332)],
)
@hypothesis_settings(max_examples=40, deadline=None)
def test_rules_share_out_any_orders_as_by_hand(
    models: Models, session: duckdb.DuckDBPyConnection, touches: list[Touch], orders: list[Order]
) -> None:
    fill(session, touches, orders)
    build_models(session, models)
    rows = session.execute("select order_id, method, touch_id, credit from marts.order_attributions").fetchall()
    found = {(order, method, touch): credit for order, method, touch, credit in rows if method in RULES}
    expected: dict[tuple[str, str, str], float] = {}
    for number, order in enumerate(orders):
        path = walk_path(touches, order)
        for method in RULES:
            weights = weigh_path(method, touches, path, order.at.date())
            for touch, weight in zip(path, weights, strict=True):
                if weight:
                    expected |= {
                        (f"{kind}-{number}", method, f"T-{touch}"): float(weight / sum(weights)) for kind in "SR"
                    }
    assert found.keys() == expected.keys()
    for key, credit in found.items():
        assert float(credit) == pytest.approx(expected[key], abs=1.1e-6), key


@given(touches=TOUCHES, orders=ORDERS)
@hypothesis_settings(max_examples=40, deadline=None)
def test_every_method_shares_out_an_order_wholly_or_not_at_all(
    models: Models, session: duckdb.DuckDBPyConnection, touches: list[Touch], orders: list[Order]
) -> None:
    fill(session, touches, orders)
    build_models(session, models)
    rows = session.execute(
        """
        select
            attributions.order_id, method, sum(credit), min(credit), sum(attributed_net_sales_amount), net_sales_amount,
            sum(attributed_margin_amount), margin_amount
        from marts.order_attributions as attributions
        inner join intermediate.int_orders__aggregated as orders on attributions.order_id = orders.order_id
        group by all
        """
    ).fetchall()
    for order, method, credit, least, *amounts in rows:
        assert (credit, least > 0) == (1, True), (order, method)
        assert amounts[0] == amounts[1], (order, method)
        assert amounts[2] == amounts[3], (order, method)
    paths = [walk_path(touches, order) for order in orders]
    assert len(rows) == sum(2 * (1 + 7 * bool(path)) for path in paths)
