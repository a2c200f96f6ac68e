"""From paths of touches to weights: which paths are counted, and what a weight is."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from loopmart.attribution.weights import SCALE, tabulate_weights


@pytest.fixture
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as session:
        session.execute(
            """
            create table paths (order_id varchar, campaign_id varchar, path_position int);
            create table null_paths (member_id varchar, campaign_id varchar, path_position int);
            """
        )
        yield session


def weigh(session: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    table = tabulate_weights(session.table("paths"), session.table("null_paths"))
    return {row["campaign_id"]: (row["shapley_weight"], row["markov_weight"]) for row in table.to_pylist()}


def test_a_campaign_that_converts_half_as_often_weighs_half_as_much(session: duckdb.DuckDBPyConnection) -> None:
    session.execute("insert into paths values ('1', 'a', 1), ('2', 'b', 1)")
    session.execute("insert into null_paths values ('M', 'b', 1)")
    assert weigh(session) == {"a": (SCALE, SCALE), "b": (SCALE // 2, SCALE // 2)}


def test_a_large_campaign_does_not_outweigh_a_small_one_that_converts_alike(
    session: duckdb.DuckDBPyConnection,
) -> None:
    session.execute("insert into paths select range::varchar, if(range < 90, 'large', 'small'), 1 from range(100)")
    assert weigh(session) == {"large": (SCALE, SCALE), "small": (SCALE, SCALE)}


def test_touches_that_the_transform_left_out_and_campaigns_without_an_order_have_no_weight(
    session: duckdb.DuckDBPyConnection,
) -> None:
    session.execute("insert into paths values ('1', 'a', 1), ('1', 'b', null)")
    session.execute("insert into null_paths values ('M', 'c', 1), ('M', 'd', null)")
    assert weigh(session) == {"a": (SCALE, SCALE)}


def test_without_paths_there_are_no_weights(session: duckdb.DuckDBPyConnection) -> None:
    assert weigh(session) == {}


def test_the_order_of_rows_changes_nothing(session: duckdb.DuckDBPyConnection) -> None:
    session.execute(
        """
        insert into paths
        select (range // 3)::varchar, (hash(range) % 7)::varchar, (range % 3 + 1)::int from range(300);
        insert into null_paths
        select (range // 3)::varchar, (hash(range, 1) % 9)::varchar, (range % 3 + 1)::int from range(90);
        """
    )
    once = weigh(session)
    session.execute("create or replace table paths as from paths order by hash(order_id, path_position)")
    assert weigh(session) == once
    assert len(once) == 7
