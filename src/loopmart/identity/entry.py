"""What the dbt models call: relations in, rows out, on the connection that they are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from loopmart.identity.rules import RULES, Rules

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
    raise NotImplementedError


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
    unique_key='identifier_token', post_hook="delete from {{ this }} where status = 'gone'".

    Args:
        session: as above.
        edges: all edges as they stand now.
        previous: what the last resolve gave (`this`).
        changed: identifier_token of both ends of every edge row that was added, removed or changed in any column since,
            and of every phone whose conflicts changed; repetitions and tokens too many do no harm.
        decisions: as they stand now; whoever is named in them, or was, is resolved anew by itself.
        conflicts: as they stand now.
        rules: those of the last resolve; other rules need a full one.

    Returns:
        As `resolve_identifiers`, for every identifier of the affected components, changed or not; with a row of status
        `gone` for each identifier that no edge names any more.
    """
    raise NotImplementedError


def measure_quality(
    session: duckdb.DuckDBPyConnection, resolved: Relation, *, decisions: Path | None = None
) -> duckdb.DuckDBPyRelation:
    """Figures of a resolve: measure varchar, detail varchar, value bigint; one row per measure and detail.

    Measures: members by how many identifiers they have (detail: '0001', '0002', …), the largest members (detail:
    member_id), identifiers by type and status (detail: 'phone shared'), events (detail: 'merge', …), decisions
    (detail: 'veto held', 'veto broken', 'link held', …; a link is broken where one end is shared, vetoed or unknown).
    """
    raise NotImplementedError
