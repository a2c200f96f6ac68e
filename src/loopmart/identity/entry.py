"""What the dbt models call: relations in, rows out, on the connection that they are given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa

from loopmart.identity.components import find_shared
from loopmart.identity.decisions import Decision, read_decisions
from loopmart.identity.graph import EDGE_COLUMNS, NOBODY, Flags, Graph, read_graph
from loopmart.identity.resolve import Conflicts, resolve
from loopmart.identity.rows import SCHEMA, write_rows
from loopmart.identity.rules import RULES, Rules
from loopmart.identity.tokens import KEY_DIGITS, Words, find_keys, pack_digits, unpack_tokens, write_texts

LARGEST: Final = 20
"""How many of the largest members are listed."""
Relation = duckdb.DuckDBPyRelation | str
"""A relation of the same connection, or what stands after `from`: a table's name, `read_parquet('…')`, `(select …)`."""


def resolve_identifiers(
    session: duckdb.DuckDBPyConnection,
    edges: Relation,
    *,
    decisions: Path | None = None,
    conflicts: Relation | None = None,
    rules: Rules = RULES,
) -> Any:
    """Resolve everything.

    Args:
        session: the connection that knows the relations.
        edges: a row per (identifier a, identifier b, kind of evidence): a_type, a_issuer, a_token, b_type, b_issuer,
            b_token (a_token < b_token; b_* NULL where a record names one identifier only), evidence_kind,
            first_seen_date, last_seen_date, evidence_count, file_id, line. Where a row per pair and kind is spread over
            several, they are taken together.
        decisions: the reviewed CSV; an absent file is one without rows.
        conflicts: a row per pair under one phone whose names and birthdays both exist and both differ: phone_token,
            a_token, b_token. They never become one through that phone.
        rules: caps and days.

    Returns:
        A `pyarrow.RecordBatchReader`, to be registered and read once; a row per identifier and period:

        - identifier_type, issuer, identifier_token varchar
        - identifier_key bigint: the token's first 15 digits as a number
        - period bigint: 1, 2, … for a phone that changed hands, else 1
        - valid_from, valid_to date: both ends belong to it, NULL is open; between two owners a phone is nobody's
        - first_seen_date, last_seen_date date, evidence_count bigint
        - status varchar: active, former (a phone's earlier owner), shared, over_cap
        - own_member_id varchar: the id of the member that it founds, or would found; unique
        - member_id varchar: NULL where shared
        - identifier_count bigint: identifiers of the member (0 where shared)
        - component_id bigint: the component of evidence that is resolved as a whole
        - is_decided boolean: a decision names it
        - changes struct(new_member_id varchar, event varchar, event_date date, file_id varchar, line bigint,
          reason varchar)[]: how the member `own_member_id` ended or lost an identifier, oldest first; NULL if never.
          Events: merge, link, split, veto. `int_member_changes__dated` is `unnest(changes)`.

    Raises:
        LoopmartError: a token, a type or a kind of evidence is none; a line of the decisions is wrong.
    """
    found = read_decisions(decisions)
    graph = read_graph(session, _name(edges))
    parts, settled = resolve(graph, None, found, _read_conflicts(session, conflicts), rules)
    return write_rows(parts, settled)


def resolve_affected(
    session: duckdb.DuckDBPyConnection,
    edges: Relation,
    previous: Relation,
    changed: Relation,
    *,
    decisions: Path | None = None,
    conflicts: Relation | None = None,
    rules: Rules = RULES,
) -> Any:
    """Resolve what a change touches: the rows that `resolve_identifiers` would give and `previous` does not have.

    For a dbt Python model with materialized='incremental', incremental_strategy='delete+insert',
    unique_key='identifier_key', post_hook="delete from {{ this }} where status = 'gone'".

    Args:
        session: as above.
        edges: all edges as they stand now, with a_key and b_key bigint: the first 15 digits of the tokens as numbers,
            so that the few edges of the affected are found among all by comparing integers.
        previous: what the last resolve gave (`this`).
        changed: identifier_token of both ends of every edge row that was added, removed or changed in any column since,
            and of every phone whose conflicts changed; repetitions and tokens too many do no harm.
        decisions: as they stand now; whoever is named in them, or was, is resolved anew by itself.
        conflicts: as they stand now.
        rules: those of the last resolve; other rules need a full one.

    Returns:
        As `resolve_identifiers`, for every identifier of the affected components, changed or not; with a row of status
        `gone` for each identifier that no edge names any more.

    Raises:
        LoopmartError: as above.
    """
    found = read_decisions(decisions)
    before = _name(previous)
    named = [token for one in found for token in (one.a, one.b) if token]
    session.execute(
        f"""
        create or replace temp table identity_changed as
        select distinct identifier_token, {_key_of("identifier_token")} as identifier_key from {_name(changed)}
        where identifier_token is not null
        """
    )
    session.execute(
        f"""
        create or replace temp table identity_affected as
        select identifier_key from identity_changed
        union select identifier_key from {before} where is_decided
        union select {_key_of("token")} from (select unnest($named::varchar[]) as token)
        """,
        {"named": named},
    )
    _find_affected(session, before)
    graph, inside = _read_affected(session, edges)
    if _free_neighbours(session, before, graph, inside, rules):
        _find_affected(session, before)
        graph, inside = _read_affected(session, edges)
    parts, settled = resolve(graph, inside, found, _read_conflicts(session, conflicts), rules)
    rows = write_rows(parts, settled)
    return pa.RecordBatchReader.from_batches(SCHEMA, chain(_list_gone(session, before, graph), rows))


def measure_quality(
    session: duckdb.DuckDBPyConnection, resolved: Relation, *, decisions: Path | None = None
) -> duckdb.DuckDBPyRelation:
    """Figures of a resolve: measure varchar, detail varchar, value bigint; one row per measure and detail.

    Measures: members by how many identifiers they have (detail: '0001', '0002', …), the largest members (detail:
    member_id), identifiers by type and status (detail: 'phone shared'), events (detail: 'merge', …), decisions
    (detail: 'veto held', 'veto broken', 'link held', …; a link is broken where one end is shared, vetoed or unknown).
    """
    found = _name(resolved)
    members = f"(select member_id, identifier_count from {found} where own_member_id = member_id)"
    queries = [
        f"""
        select 'members_by_size', lpad(identifier_count::varchar, 4, '0'), count(*) from {members}
        group by identifier_count
        """,
        f"""
        select 'largest_members', member_id, identifier_count from {members}
        order by identifier_count desc, member_id limit {LARGEST}
        """,
        f"""
        select 'identifiers_by_status', identifier_type || ' ' || status, count(*) from {found}
        group by identifier_type, status
        """,
        f"""
        select 'events', change.event, count(*) from (select unnest(changes) as change from {found})
        group by change.event
        """,
    ]
    rows = _judge_decisions(session, found, read_decisions(decisions))
    values = ", ".join(f"('decisions', '{detail}', {count})" for detail, count in sorted(rows.items()))
    if values:
        queries.append(f"from (values {values})")
    union = " union all ".join(f"(select * from ({query}) as part(measure, detail, value))" for query in queries)
    return session.sql(f"select measure, detail, value::bigint as value from ({union}) order by measure, detail")


def _find_affected(session: duckdb.DuckDBPyConnection, before: str) -> None:
    """Add to the affected whoever was in a component with one of them, until that adds nobody.

    Integers are compared, not tokens. Where two identifiers have one key, both are affected, with their components:
    more is then resolved than needs to be, and what is resolved stays exact.
    """
    while True:
        session.execute(
            f"""
            create or replace temp table identity_known as
            select identifier_key, component_id, status = 'shared' as was_shared from {before}
            where identifier_key in (select identifier_key from identity_affected)
            """
        )
        (added,) = session.execute(
            f"""
            insert into identity_affected
            select distinct identifier_key from {before}
            where component_id in (select component_id from identity_known where not was_shared)
                and identifier_key not in (select identifier_key from identity_affected)
            """
        ).fetchone() or (0,)
        if not added:
            return


def _read_affected(session: duckdb.DuckDBPyConnection, edges: Relation) -> tuple[Graph, Flags]:
    """All evidence of the affected, and who of the identifiers in it is affected."""
    session.execute(
        f"""
        create or replace temp table identity_edges as
        select {EDGE_COLUMNS} from {_name(edges)}
        where a_key in (select identifier_key from identity_affected)
            or b_key in (select identifier_key from identity_affected)
        """
    )
    graph = read_graph(session, "identity_edges")
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


def _list_gone(session: duckdb.DuckDBPyConnection, before: str, graph: Graph) -> Iterator[pa.RecordBatch]:
    """A row of status gone for each identifier whose evidence changed and that none names any more."""
    high, low = _read_tokens(session, "select identifier_token from identity_changed")
    gone = graph.find(high, low) == NOBODY
    if not gone.any():
        return
    session.register("identity_gone", pa.table({"token": write_texts(pack_digits(high[gone], low[gone]))}))
    query = f"""
        select distinct identifier_type, issuer, identifier_token, identifier_key, 'gone' as status from {before}
        where identifier_token in (select token from identity_gone)
    """
    for batch in session.sql(query).to_arrow_reader():
        columns = [
            batch.column(name).cast(kind) if name in batch.schema.names else pa.nulls(len(batch), kind)
            for name, kind in zip(SCHEMA.names, SCHEMA.types, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
    session.unregister("identity_gone")


def _read_conflicts(session: duckdb.DuckDBPyConnection, conflicts: Relation | None) -> Conflicts:
    names = ("phone_token", "a_token", "b_token")
    if conflicts is None:
        none = np.empty(0, np.uint64)
        return ((none, none), (none, none), (none, none))
    query = f"select distinct {', '.join(names)} from {_name(conflicts)} order by all"
    columns = session.sql(query).to_arrow_table().combine_chunks()
    phone, a, b = (unpack_tokens(_combine(columns.column(name)))[:2] for name in names)
    return (phone, a, b)


def _read_tokens(session: duckdb.DuckDBPyConnection, query: str) -> tuple[Words, Words]:
    column = session.sql(query).to_arrow_table().column(0)
    high, low, _ = unpack_tokens(_combine(column))
    return high, low


def _combine(column: pa.ChunkedArray) -> pa.StringArray:
    combined = column.combine_chunks()
    return combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined


def _judge_decisions(session: duckdb.DuckDBPyConnection, resolved: str, decisions: Sequence[Decision]) -> Counter[str]:
    """How many vetoes and links hold, and how many do not."""
    judged: Counter[str] = Counter()
    pairs = [one for one in decisions if one.b]
    if not pairs:
        return judged
    tokens = sorted({token for one in pairs for token in (one.a, one.b)})
    query = (
        f"select identifier_token, member_id from {resolved} where identifier_token in (select unnest($1::varchar[]))"
    )
    members: dict[str, set[str]] = {}
    for token, member in session.execute(query, [tokens]).fetchall():
        members.setdefault(token, set()).update([member] if member else [])
    for one in pairs:
        are_one = bool(members.get(one.a, set()) & members.get(one.b, set()))
        judged[f"{one.decision} {'held' if are_one == (one.decision == 'link') else 'broken'}"] += 1
    return judged


def _key_of(token: str) -> str:
    """The key of a token in SQL."""
    return f"cast('0x' || left({token}, {KEY_DIGITS}) as bigint)"


def _name(relation: Relation) -> str:
    return relation if isinstance(relation, str) else f"({relation.sql_query()})"
