"""What a change touches: whose evidence differs from that of their last resolve, and their components."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa

from loopmart.identity.components import find_shared
from loopmart.identity.graph import EDGE_COLUMNS, HASH_BITS, NOBODY, Flags, Graph, hash_evidence, read_graph
from loopmart.identity.rows import SCHEMA
from loopmart.identity.rules import Rules
from loopmart.identity.tokens import KEY_DIGITS, find_keys

BUCKET_BITS = 16
"""Evidence is compared by buckets of identifiers first; for a type of so many bits DuckDB adds up in an array."""
Relation = duckdb.DuckDBPyRelation | str
"""A relation of the same connection, or what stands after `from`: a table's name, `read_parquet('…')`, `(select …)`."""


def name_relation(relation: Relation) -> str:
    """What stands after `from`."""
    return relation if isinstance(relation, str) else f"({relation.sql_query()})"


def read_affected(
    session: duckdb.DuckDBPyConnection, edges: str, before: str, conflicts: str | None, named: list[str], rules: Rules
) -> tuple[Graph, Flags]:
    """Evidence of all that is to be resolved anew, and who of the identifiers in it that is; the others are neighbours.

    Args:
        session: the connection that knows the relations.
        edges, before, conflicts: what stands after `from`; as for `resolve_affected`.
        named: tokens that are affected in any case.
        rules: those of this resolve.
    """
    _find_changed(session, edges, before, conflicts, rules)
    session.execute(
        f"""
        create or replace temp table identity_affected as
        select identifier_key from identity_changed
        union select identifier_key from {before} where is_decided
        union select {_key_of("token")} from (select unnest($named::varchar[]) as token)
        """,
        {"named": named},
    )
    columns = "identifier_key bigint, component_id bigint, was_shared boolean"
    session.execute(f"create or replace temp table identity_known ({columns})")
    _take_components(session, before)
    graph, inside = _read_edges(session, edges, rules)
    if _free_neighbours(session, before, graph, inside, rules):
        _take_components(session, before)
        graph, inside = _read_edges(session, edges, rules)
    return graph, inside


def list_gone(session: duckdb.DuckDBPyConnection, before: str, graph: Graph) -> Iterator[pa.RecordBatch]:
    """A row of status gone for each identifier whose evidence changed and that none names any more."""
    keys = session.sql("select identifier_key from identity_changed").fetchnumpy()["identifier_key"]
    gone = keys[~np.isin(keys, find_keys(graph.high))]
    if not len(gone):
        return
    session.register("identity_gone", pa.table({"identifier_key": gone}))
    query = f"""
        select distinct identifier_type, issuer, identifier_token, identifier_key, 'gone' as status from {before}
        where identifier_key in (select identifier_key from identity_gone)
    """
    for batch in session.sql(query).to_arrow_reader():
        columns = [
            batch.column(name).cast(kind) if name in batch.schema.names else pa.nulls(len(batch), kind)
            for name, kind in zip(SCHEMA.names, SCHEMA.types, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
    session.unregister("identity_gone")


def select_conflicts(conflicts: str, seed: int) -> str:
    """Each conflict once, with its hash as evidence of the phone."""
    hashed = hash_evidence("phone_token || a_token || b_token", seed)
    return f"select distinct phone_token, a_token, b_token, {hashed} as evidence_hash from {conflicts}"


def _find_changed(
    session: duckdb.DuckDBPyConnection, edges: str, before: str, conflicts: str | None, rules: Rules
) -> None:
    """Table identity_changed: the key of each identifier whose evidence does not add up to what it did."""
    hashed = hash_evidence("evidence_hash", rules.seed)
    both = f"""
        select a_key as identifier_key, {hashed} as evidence_hash from {edges}
        union all select b_key, {hashed} from {edges} where b_key is not null
        union all select identifier_key, -evidence_hash from {before} where period = 1
    """
    if conflicts:
        both += f"""
            union all select {_key_of("phone_token")}, evidence_hash
            from ({select_conflicts(conflicts, rules.seed)})
        """
    differs = f"having sum(evidence_hash) % {1 << HASH_BITS} <> 0"
    evidence = f"({both})"
    session.execute(f"set perfect_ht_threshold = {BUCKET_BITS + 1}")
    for place in (1, 2):
        shift = 4 * KEY_DIGITS - place * BUCKET_BITS
        bucket = f"cast((identifier_key >> {shift}) & {(1 << BUCKET_BITS) - 1} as usmallint)"
        session.execute(
            f"""
            create or replace temp table identity_suspects_{place} as
            with differing as (select {bucket} as bucket from {evidence} group by bucket {differs})
            select identifier_key, evidence_hash from {evidence} inner join differing on {bucket} = bucket
            """
        )
        evidence = f"identity_suspects_{place}"
    session.execute("reset perfect_ht_threshold")
    session.execute(
        f"""
        create or replace temp table identity_changed as
        select identifier_key from {evidence} group by identifier_key {differs}
        """
    )


def _take_components(session: duckdb.DuckDBPyConnection, before: str) -> None:
    """Add to the affected whoever was in a component with one of them, until that adds nobody.

    Integers are compared, not tokens. Where two identifiers have one key, both are affected, with their components:
    more is then resolved than needs to be, and what is resolved stays exact.
    """
    while True:
        session.execute(
            f"""
            create or replace temp table identity_found as
            select identifier_key, component_id, status = 'shared' as was_shared from {before}
            where identifier_key in (from identity_affected anti join identity_known using (identifier_key))
            """
        )
        (new,) = session.execute(
            """
            select count(*) from identity_found anti join identity_known using (component_id) where not was_shared
            """
        ).fetchone() or (0,)
        session.execute("insert into identity_known from identity_found")
        if not new:
            return
        session.execute(
            f"""
            insert into identity_affected
            select distinct identifier_key from {before}
            where component_id in (select component_id from identity_found where not was_shared)
                and identifier_key not in (select identifier_key from identity_affected)
            """
        )


def _read_edges(session: duckdb.DuckDBPyConnection, edges: str, rules: Rules) -> tuple[Graph, Flags]:
    """All evidence of the affected, and who of the identifiers in it is affected."""
    session.execute(
        f"""
        create or replace temp table identity_edges as
        select {EDGE_COLUMNS} from {edges}
        where a_key in (select identifier_key from identity_affected)
            or b_key in (select identifier_key from identity_affected)
        """
    )
    graph = read_graph(session, "identity_edges", rules.seed)
    return graph, _have_keys(session, graph, "identity_affected")


def _have_keys(session: duckdb.DuckDBPyConnection, graph: Graph, source: str) -> Flags:
    """Which identifiers have a key among those of a source."""
    keys = session.sql(f"select identifier_key from {source}").fetchnumpy()["identifier_key"]
    found: Flags = np.isin(find_keys(graph.high), keys)
    return found


def _free_neighbours(
    session: duckdb.DuckDBPyConnection, before: str, graph: Graph, inside: Flags, rules: Rules
) -> bool:
    """Whoever was shared and no longer is joins its neighbours, so their components are affected as well.

    Once is enough, for nobody can change from shared to not shared whose evidence did not change.
    """
    freed = _have_keys(session, graph, "identity_known where was_shared") & ~find_shared(graph, rules)
    edges = graph.edges
    pairs = edges.take(edges.b != NOBODY)
    neighbours = np.union1d(pairs.b[freed[pairs.a]], pairs.a[freed[pairs.b]])
    neighbours = neighbours[~inside[neighbours]]
    if not len(neighbours):
        return False
    session.register("identity_neighbours", pa.table({"identifier_key": find_keys(graph.high[neighbours])}))
    session.execute(
        f"""
        insert into identity_affected
        select distinct identifier_key from {before} semi join identity_neighbours using (identifier_key)
        where status <> 'shared'
        """
    )
    session.unregister("identity_neighbours")
    return True


def _key_of(token: str) -> str:
    """The key of a token in SQL."""
    return f"cast('0x' || left({token}, {KEY_DIGITS}) as bigint)"
