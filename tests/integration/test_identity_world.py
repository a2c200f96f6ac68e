"""How well identity does on a world whose truth is known."""

from __future__ import annotations

import duckdb
import pytest

from loopmart.identity import measure_quality, resolve_identifiers
from loopmart.identity.rules import RULES
from tests.identity_world import CASHIERS, FAMILIES, REASSIGNED, compare, plant_world

pytestmark = pytest.mark.integration

PEOPLE = 200_000


@pytest.fixture(scope="module")
def session() -> duckdb.DuckDBPyConnection:
    world = plant_world(PEOPLE, seed=7)
    session = duckdb.connect()
    session.register("planted", world.edges)
    session.register("truth", world.identifiers)
    session.execute("create table edges as select *, (hash(planted) // 4)::bigint as evidence_hash from planted")
    session.register("rows", resolve_identifiers(session, "edges").read_all())
    session.execute("create table resolved as from rows")
    return session


def test_people_are_told_apart_and_recognised(session: duckdb.DuckDBPyConnection) -> None:
    precision, recall = compare(session.execute("from truth").df(), session.execute("from resolved").df())
    assert precision >= 0.999
    assert recall >= 0.99


def test_no_component_is_above_the_cap(session: duckdb.DuckDBPyConnection) -> None:
    query = """
        select max(greatest(told, counted)) from (
            select max(identifier_count) as told, count(*) as counted from resolved
            where member_id is not null group by member_id
        )
    """
    (largest,) = session.execute(query).fetchone() or (0,)
    assert 1 < largest <= RULES.component_cap


def test_shared_values_and_phones_that_changed_hands_are_found(session: duckdb.DuckDBPyConnection) -> None:
    quality = measure_quality(session, "resolved").df().set_index(["measure", "detail"])["value"]
    assert quality["identifiers_by_status", "vip_card shared"] == CASHIERS
    assert quality["identifiers_by_status", "phone shared"] == FAMILIES
    assert quality["identifiers_by_status", "phone former"] >= REASSIGNED
