"""The figures by which a resolve is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from loopmart.identity.affected import Relation, name_relation
from loopmart.identity.decisions import Decision, read_decisions

LARGEST: Final = 20
"""How many of the largest members are listed."""


def measure_quality(
    session: duckdb.DuckDBPyConnection, resolved: Relation, *, decisions: Path | None = None
) -> duckdb.DuckDBPyRelation:
    """Figures of a resolve: measure varchar, detail varchar, value bigint; one row per measure and detail.

    Measures: members by how many identifiers they have (detail: '0001', '0002', …), the largest members (detail:
    member_id), identifiers by type and status (detail: 'phone shared'), events (detail: 'merge', …), decisions
    (detail: 'veto held', 'veto broken', 'link held', …; a link is broken where one end is shared, vetoed or unknown).
    """
    found = name_relation(resolved)
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
