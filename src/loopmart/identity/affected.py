"""What a change touches: whose evidence differs from that of their last resolve, and their components."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import duckdb
import numpy as np
import pyarrow as pa

from loopmart.identity.components import find_shared
from loopmart.identity.graph import EDGE_COLUMNS, HASH_RANGE, NOBODY, Flags, Graph, Ints, read_graph
from loopmart.identity.rows import SCHEMA
from loopmart.identity.rules import Rules
from loopmart.identity.tokens import KEY_DIGITS, find_keys

BUCKET_BITS = 16
"""Evidence is compared by buckets of identifiers first; for a type of so many bits DuckDB adds up in an array."""
NUMBERED_COLUMNS = re.sub(
    r"(\w)_token", r"printf('%015x%015x%02x', \1_key, \1_middle, \1_end) as \1_token", EDGE_COLUMNS
)
"""EDGE_COLUMNS, with tokens from their digits as numbers: the texts of all edges are most of what would be read."""
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
    session.execute("create or replace temp table identity_affected as select identifier_key from identity_changed")
    known = f"""
        select component_id from identity_changed where component_id is not null
        union all select component_id from {before} where is_decided
    """
    _take_components(session, before, [int(token[:KEY_DIGITS], 16) for token in named], known)
    taken = np.empty(0, np.int64)
    while True:
        graph, inside = _read_edges(session, edges, rules)
        found = np.union1d(_find_twins(graph, inside), _find_freed(session, before, graph, inside, rules))
        more = np.setdiff1d(found, taken)
        if not len(more):
            return graph, inside
        taken = np.union1d(taken, more)
        _take_components(session, before, more)


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


def select_conflicts(conflicts: str) -> str:
    """Each conflict once, with its hash as evidence of the phone."""
    hashed = "cast(hash(phone_token, a_token, b_token) >> 1 as bigint)"
    return f"select distinct phone_token, a_token, b_token, {hashed} as evidence_hash from {conflicts}"


def _find_changed(
    session: duckdb.DuckDBPyConnection, edges: str, before: str, conflicts: str | None, rules: Rules
) -> None:
    """Table identity_changed: the key of each identifier whose evidence is not what it was, and where it was.

    A row has the component of the last resolve, or none for one of today's evidence. Evidence is compared by buckets of
    keys first, of two slices of the key in turn, and by key where both of theirs differ.
    """
    both = f"""
        select a_key as identifier_key, evidence_hash, null as component_id from {edges}
        union all select b_key, evidence_hash, null from {edges} where b_key is not null
        union all select identifier_key, {rules.seed} - evidence_hash, component_id from {before} where period = 1
    """
    if conflicts:
        both += f"""
            union all select cast('0x' || left(phone_token, {KEY_DIGITS}) as bigint), evidence_hash, null
            from ({select_conflicts(conflicts)})
        """
    differs = f"having sum(evidence_hash) % {HASH_RANGE} <> 0"
    one, two = (
        f"cast((identifier_key >> {4 * KEY_DIGITS - place * BUCKET_BITS}) & {(1 << BUCKET_BITS) - 1} as usmallint)"
        for place in (1, 2)
    )
    session.execute(f"set perfect_ht_threshold = {BUCKET_BITS + 1}")
    session.execute(
        f"""
        create or replace temp table identity_changed as
        with evidence as not materialized ({both}),
            differing as (select {one} as bucket from evidence group by bucket {differs}),
            suspects as materialized (
                select evidence.*, {two} as slice from evidence inner join differing on {one} = bucket
            ),
            still_differing as (select slice from suspects group by slice {differs}),
            few as materialized (from suspects inner join still_differing using (slice)),
            changed as (select identifier_key from few group by identifier_key {differs})
        select distinct identifier_key, component_id from few semi join changed using (identifier_key)
        """
    )
    session.execute("reset perfect_ht_threshold")


def _take_components(
    session: duckdb.DuckDBPyConnection, before: str, keys: Sequence[int] | Ints, known: str | None = None
) -> None:
    """Add keys to the affected, and whoever was in a component with one of them, or in one of the known components.

    Integers are compared, not tokens. Where two identifiers have one key, both are affected, with their components:
    more is then resolved than needs to be, and what is resolved stays exact.
    """
    session.register("identity_more", pa.table({"identifier_key": pa.array(keys, pa.int64())}))
    components = f"select component_id from {before} where identifier_key in (select identifier_key from identity_more)"
    if known:
        components += f" union all {known}"
    session.execute(
        f"""
        create or replace temp table identity_affected as
        select identifier_key from identity_affected
        union select identifier_key from identity_more
        union select identifier_key from {before} where component_id in ({components})
        """
    )
    session.unregister("identity_more")


def _read_edges(session: duckdb.DuckDBPyConnection, edges: str, rules: Rules) -> tuple[Graph, Flags]:
    """All evidence of the affected, and who of the identifiers in it is affected.

    Most evidence has both ends among them. So it is read by the one end, and only what that leaves out by the other: an
    engine that looks for one column's values does not even decode the others of a row without them.
    """
    affected = "(select identifier_key from identity_affected)"
    session.execute(
        f"""
        create or replace temp table identity_edges as
        select {NUMBERED_COLUMNS} from {edges} where a_key in {affected}
        """
    )
    session.execute(
        f"""
        create or replace temp table identity_strays as
        select distinct b_key from (select a_key, b_key from {edges} where b_key in {affected})
        anti join identity_affected on a_key = identifier_key
        """
    )
    session.execute(
        f"""
        insert into identity_edges
        select {NUMBERED_COLUMNS} from (from {edges} where b_key in (select b_key from identity_strays))
        anti join identity_affected on a_key = identifier_key
        """
    )
    graph = read_graph(session, "identity_edges", rules.seed)
    return graph, _have_keys(session, graph, "identity_affected")


def _have_keys(session: duckdb.DuckDBPyConnection, graph: Graph, source: str) -> Flags:
    """Which identifiers have a key among those of a source."""
    keys = session.sql(f"select identifier_key from {source}").fetchnumpy()["identifier_key"]
    found: Flags = np.isin(find_keys(graph.high), keys)
    return found


def _find_twins(graph: Graph, inside: Flags) -> Ints:
    """Keys that two of the affected have: one of them may be here for its key alone, without its component."""
    keys = find_keys(graph.high[inside])
    return np.unique(keys[1:][keys[1:] == keys[:-1]])


def _find_freed(session: duckdb.DuckDBPyConnection, before: str, graph: Graph, inside: Flags, rules: Rules) -> Ints:
    """Keys of the neighbours of whoever was shared and no longer is: it joins them, so their components are affected.

    None of those frees others: nobody changes from shared to not shared whose evidence did not change.
    """
    once_shared = (
        f"{before} where status = 'shared' and identifier_key in (select identifier_key from identity_affected)"
    )
    freed = _have_keys(session, graph, once_shared) & ~find_shared(graph, rules)
    edges = graph.edges
    pairs = edges.take(edges.b != NOBODY)
    neighbours = np.union1d(pairs.b[freed[pairs.a]], pairs.a[freed[pairs.b]])
    return find_keys(graph.high[neighbours[~inside[neighbours]]])
