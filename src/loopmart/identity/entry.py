"""What the dbt models call: relations in, rows out, on the connection that they are given."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from loopmart.identity.affected import Relation, list_gone, name_relation, read_affected, select_conflicts
from loopmart.identity.decisions import read_decisions
from loopmart.identity.graph import Graph, read_graph
from loopmart.identity.resolve import Conflicts, resolve
from loopmart.identity.rows import SCHEMA, write_rows
from loopmart.identity.rules import RULES, Rules
from loopmart.identity.tokens import unpack_tokens


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
            first_seen_date, last_seen_date, evidence_count, file_id, line, evidence_hash (bigint: a hash of the other
            columns). Where a row per pair and kind is spread over several, they are taken together.
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
        - evidence_hash bigint: what its evidence, its conflicts and the rules add up to
        - is_decided boolean: a decision names it
        - changes struct(new_member_id varchar, event varchar, event_date date, file_id varchar, line bigint,
          reason varchar)[]: how the member `own_member_id` ended or lost an identifier, oldest first; NULL if never.
          Events: merge, link, split, veto. `int_member_changes__dated` is `unnest(changes)`.

    Raises:
        LoopmartError: a token, a type or a kind of evidence is none; a line of the decisions is wrong.
    """
    found = read_decisions(decisions)
    graph = read_graph(session, name_relation(edges), rules.seed)
    source = None if conflicts is None else name_relation(conflicts)
    parts, settled = resolve(graph, None, found, _take_conflicts(session, graph, source), rules)
    return write_rows(parts, settled)


def resolve_affected(
    session: duckdb.DuckDBPyConnection,
    edges: Relation,
    previous: Relation,
    *,
    decisions: Path | None = None,
    conflicts: Relation | None = None,
    rules: Rules = RULES,
) -> Any:
    """Resolve what changed since the last resolve, with what hangs together with it; the rest stays as it is.

    What changed is told by each identifier's `evidence_hash`: other evidence, other conflicts, other rules or another
    version of the code give another one. So a resolve that was killed, or never came, is made good by the next.

    The rows replace those of the same `identifier_key` (materialized='incremental',
    incremental_strategy='delete+insert', unique_key='identifier_key'); rows of status `gone` are then to be deleted.

    Args:
        session: as above.
        edges: all edges as they stand now, with the digits of their tokens as numbers (bigint: a_key has 1 to 15,
            a_middle 16 to 30, a_end the last two; so for b), so that the few edges of the affected are found among
            all and read without any text of the others.
        previous: what the last resolve gave.
        decisions: as they stand now; whoever is named in them, or was, is resolved anew by itself.
        conflicts: as they stand now.
        rules: caps and days.

    Returns:
        As `resolve_identifiers`, for every identifier of the affected components, changed or not; with a row of status
        `gone` for each identifier that no edge names any more.

    Raises:
        LoopmartError: as above.
    """
    found = read_decisions(decisions)
    before, now = name_relation(previous), name_relation(edges)
    named = [token for one in found for token in (one.a, one.b) if token]
    source = None if conflicts is None else name_relation(conflicts)
    graph, inside = read_affected(session, now, before, source, named, rules)
    parts, settled = resolve(graph, inside, found, _take_conflicts(session, graph, source), rules)
    rows = write_rows(parts, settled)
    return pa.RecordBatchReader.from_batches(SCHEMA, chain(list_gone(session, before, graph), rows))


def _take_conflicts(session: duckdb.DuckDBPyConnection, graph: Graph, conflicts: str | None) -> Conflicts:
    """Read the conflicts, and count each to the evidence of its phone."""
    if conflicts is None:
        none = np.empty(0, np.uint64)
        return ((none, none), (none, none), (none, none))
    columns = session.sql(select_conflicts(conflicts) + " order by all").to_arrow_table()
    phone, a, b = (unpack_tokens(_combine(columns.column(place)))[:2] for place in range(3))
    graph.add_evidence(graph.find(*phone), columns.column(3).to_numpy())
    return (phone, a, b)


def _combine(column: pa.ChunkedArray) -> pa.StringArray:
    combined = column.combine_chunks()
    return combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined
