"""What a person asks about members: why two identifiers are one, what decisions would change, and the decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
from rich.console import Console
from rich.markup import escape

from loopmart.errors import LoopmartError
from loopmart.identity import resolve_identifiers
from loopmart.identity.decisions import append_decision, read_decisions
from loopmart.ledger.store import Ledger
from loopmart.settings import Settings

EDGES = "intermediate.int_identity_edges__summed"
CONFLICTS = "intermediate.int_identity_conflicts__found"
RESOLVED = "intermediate.int_identifiers__resolved"
LONGEST_CHAIN = 50
_PLAIN: Any = {"highlight": False, "soft_wrap": True}


@dataclass(frozen=True)
class Found:
    """An identifier of the last build."""

    name: str
    token: str
    status: str
    member_id: str | None


def explain(settings: Settings, console: Console, a: str, b: str) -> None:
    """The shortest chain of evidence between two identifiers, each step with its kind, days, file and line.

    Args:
        settings: where the warehouse lies.
        console: where it is printed.
        a: identifier as type:issuer:token, as token or its beginning, or the id of the member that it founds.
        b: the other.

    Raises:
        LoopmartError: there is no warehouse, or it does not know an identifier.
    """
    with open_warehouse(settings) as warehouse:
        one, two = find_identifier(warehouse, a), find_identifier(warehouse, b)
        for found in (one, two):
            console.print(f"{found.name}  {found.status}, member {found.member_id or 'none'}", **_PLAIN)
        are_one = one.member_id is not None and one.member_id == two.member_id
        console.print("one member" if are_one else "not one member", **_PLAIN)
        chain = find_chain(warehouse, one.token, two.token)
        for decision in read_decisions(settings.identity_decisions_file):
            if {decision.a, decision.b} & {one.token, two.token}:
                text = f"{decision.decision} of {decision.decided_on} by {decision.decided_by}: {decision.reason}"
                console.print(f"    decisions, line {decision.line}: {escape(text)}", **_PLAIN)
        if not chain:
            console.print("    no evidence connects them, or only through values that several people share", **_PLAIN)
            return
        names = dict(
            warehouse.execute(
                f"select identifier_token, {_NAME} from {RESOLVED} "
                "where identifier_token in (select unnest(?::varchar[]))",
                [[token for step in chain for token in step[:2]]],
            ).fetchall()
        )
    paths = {file["file_id"]: file["path"] for file in Ledger(settings.ledger_url).files(None)}
    for left, right, kind, first, last, count, file_id, line in chain:
        days = f"{first}" if first == last else f"{first} to {last}"
        where = f"{paths.get(file_id, file_id)}, line {line}"
        console.print(f"    {names[left]} – {names[right]}", **_PLAIN)
        console.print(f"        {kind}, {count:,} records, {days}; first in {escape(where)}", **_PLAIN)


def preview(settings: Settings, console: Console, limit: int) -> None:
    """What today's decisions make of the last build's evidence, beside its members: merged and split, largest first.

    Raises:
        LoopmartError: there is no warehouse, or a decision is wrong.
    """
    with open_warehouse(settings) as warehouse, duckdb.connect() as engine:
        edges, conflicts = (warehouse.sql(f"from {name}").to_arrow_table() for name in (EDGES, CONFLICTS))
        engine.register("edges", edges)
        engine.register("conflicts", conflicts)
        engine.register("before", warehouse.sql(f"from {RESOLVED}").to_arrow_table())
        rows = resolve_identifiers(
            engine, "edges", decisions=settings.identity_decisions_file, conflicts="conflicts"
        ).read_all()
        engine.register("after", rows)
        for title, old, new in (("merged", "before", "after"), ("split", "after", "before")):
            found = engine.execute(_MOVED.format(old=old, new=new)).fetchall()
            console.print(f"{len(found):,} members would be {title}", **_PLAIN)
            for member, others, identifiers in found[: limit or None]:
                into = "from" if title == "merged" else "into"
                console.print(f"    {member}  {identifiers:,} identifiers, {into} {', '.join(others)}", **_PLAIN)


def decide(
    settings: Settings, console: Console, decision: str, a: str, b: str, decided_on: date, decided_by: str, reason: str
) -> None:
    """Write a reviewed decision; it holds from the next build on.

    Raises:
        LoopmartError: the warehouse does not know an identifier, or the file is wrong.
    """
    with open_warehouse(settings) as warehouse:
        names = [find_identifier(warehouse, text).name if text else "" for text in (a, b)]
    path = settings.identity_decisions_file
    append_decision(path, decided_on, decision, names[0], names[1], decided_by, reason)
    console.print(f"{decision} {' and '.join(filter(None, names))}: written to {path}", **_PLAIN)
    console.print("`loopmart identity preview` shows what it changes; it holds from the next build on", **_PLAIN)


def open_warehouse(settings: Settings) -> duckdb.DuckDBPyConnection:
    """The warehouse of the last build, for reading.

    Raises:
        LoopmartError: nothing is built yet, or a build is writing.
    """
    path = settings.warehouse_path
    if not path.exists():
        raise LoopmartError(f"nothing is built yet ({path} does not exist); run `loopmart run`")
    try:
        return duckdb.connect(str(path), read_only=True)
    except duckdb.IOException as error:
        raise LoopmartError(f"{path} cannot be read: {error}. If a build is running, wait for its end") from error


def find_identifier(warehouse: duckdb.DuckDBPyConnection, text: str) -> Found:
    """The identifier that a text names.

    Raises:
        LoopmartError: none or several are named so.
    """
    token = text.rpartition(":")[2].removeprefix("M")
    rows = warehouse.execute(
        f"select {_NAME}, identifier_token, status, member_id from {RESOLVED} where starts_with(identifier_token, ?) "
        "order by identifier_token, period desc",
        [token],
    ).fetchall()
    rows = [row for row in rows if ":" not in text or row[0] == text]
    tokens = {row[1] for row in rows}
    if len(token) < 6 or len(tokens) != 1:
        raise LoopmartError(
            f"{text!r} names {len(tokens)} identifiers of the last build; give type:issuer:token, a token or the first "
            "six or more of its digits, or the id of the member that it founds, as in marts.member_identifiers"
        )
    return Found(*rows[0])


def find_chain(warehouse: duckdb.DuckDBPyConnection, start: str, goal: str) -> list[tuple[Any, ...]]:
    """The shortest chain of evidence over identifiers that are not shared, from start to goal; empty if there is none.

    Of several equally short ones, that with the strongest, then earliest evidence at each step.
    """
    came: dict[str, tuple[Any, ...]] = {start: ()}
    frontier = [start]
    for _ in range(LONGEST_CHAIN):
        rows = warehouse.execute(_STEP, [frontier]).fetchall()
        frontier = []
        for row in rows:
            if row[1] not in came:
                came[row[1]] = row
                frontier.append(row[1])
        if goal in came or not frontier:
            break
    chain: list[tuple[Any, ...]] = []
    at = goal
    while came.get(at):
        chain.append(came[at])
        at = came[at][0]
    return chain[::-1]


_NAME = "concat_ws(':', identifier_type, issuer, identifier_token)"
_STEP = f"""
    with near as (
        select a_token as here, b_token as there, * from {EDGES}
        where b_token is not null and a_token in (select unnest($1::varchar[]))
        union all
        select b_token, a_token, * from {EDGES} where b_token in (select unnest($1::varchar[]))
    )
    select here, there, evidence_kind, first_seen_date, last_seen_date, evidence_count, file_id, line from near
    where there in (select identifier_token from {RESOLVED} where status <> 'shared')
    order by
        array_position(['link', 'member_list', 'follower', 'order', 'payment', 'points', 'touch'], evidence_kind),
        first_seen_date nulls last, there
"""
_MOVED = """
    select n.member_id, list(distinct o.member_id order by o.member_id), count(*)
    from {new} as n join {old} as o using (identifier_token, period)
    where n.member_id is not null and o.member_id is not null
    group by n.member_id
    having count(distinct o.member_id) > 1
    order by count(*) desc, n.member_id
"""
