"""The review list: pairs of people whose entries in member lists may be one person's, with the evidence in words."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from loopmart.duplicates.levels import ATTRIBUTES
from loopmart.duplicates.model import weigh_pairs
from loopmart.identity.decisions import read_decisions

Relation = duckdb.DuckDBPyRelation

REVIEW_LIST = pa.schema(
    {
        "member_id_left": pa.string(),
        "member_id_right": pa.string(),
        "match_weight": pa.float64(),
        "match_probability": pa.float64(),
        "agrees": pa.string(),
        "differs": pa.string(),
        "file_id_left": pa.string(),
        "line_left": pa.int64(),
        "file_id_right": pa.string(),
        "line_right": pa.int64(),
    }
)
_ENTRIES = """
    with owners as (
        select identifier_token, min(member_id) as member_id from identifiers
        where member_id is not null and status <> 'former' group by all
    ),
    named as (
        select entries.*, coalesce(cards.member_id, accounts.member_id, phones.member_id) as member_id
        from entries
        left join owners as cards on cards.identifier_token = entries.card_token
        left join owners as accounts on accounts.identifier_token = entries.account_token
        left join owners as phones on phones.identifier_token = entries.phone_token
    )
    select
        _file_id || ':' || _line as record_id, member_id, coalesce(member_id, 'entry ' || record_id) as person,
        _file_id as file_id, _line as line, name_token as name, name_first_token as name_first,
        name_last_token as name_last, name_sound_token as name_sound, birth_date_token as birth_date,
        birth_month_day_token as birth_month_day, birth_year_token as birth_year, address_token as address,
        street_token as street, place_token as place, phone_mask_token as phone_mask, gender
    from named
"""
_OWNERS = """
    select identifier_token, min(member_id) from identifiers
    where list_contains($1, identifier_token) and status <> 'former' group by all
"""
_REVIEW = """
    with pairs as (
        select
            weighed.*, l.person < r.person as is_in_order,
            case when is_in_order then l else r end as one, case when is_in_order then r else l end as other
        from weighed
        inner join records as l on l.record_id = weighed.record_id_left
        inner join records as r on r.record_id = weighed.record_id_right
        where l.person <> r.person
    ),
    best as (
        select * from pairs
        where not exists (
            from vetoed
            where (vetoed.a, vetoed.b) in ((one.member_id, other.member_id), (other.member_id, one.member_id))
        )
        qualify row_number() over (
            partition by one.person, other.person
            order by match_weight desc, one.file_id, one.line, other.file_id, other.line
        ) = 1
    )
    select
        one.member_id as member_id_left, other.member_id as member_id_right, match_weight, match_probability, {levels},
        one.file_id as file_id_left, one.line as line_left, other.file_id as file_id_right, other.line as line_right
    from best
    order by match_weight desc, file_id_left, line_left, file_id_right, line_right
"""


def list_possible_duplicates(
    session: duckdb.DuckDBPyConnection, entries: Relation, identifiers: Relation, *, decisions: Path | None = None
) -> pa.Table:
    """The pairs to look at, one per two people, with the pair of entries that weighs most.

    Nothing is merged by it. Entries of one member are no pair, nor are those that a reviewed veto keeps apart. An entry
    that names no identifier is a person of its own, known by its line.

    Args:
        session: the connection of both relations.
        entries: entries of member lists with their tokens, as `stg_bronze__member_list` has them.
        identifiers: identifier_token, member_id, status of the resolved identifiers.
        decisions: the reviewed CSV; an absent file is one without rows.

    Returns:
        A table as `REVIEW_LIST`, the heaviest first; member_id NULL where an entry names no identifier.

    Raises:
        LoopmartError: a line of the decisions is wrong.
    """
    vetoes = [(decision.a, decision.b) for decision in read_decisions(decisions) if decision.decision == "veto"]
    records = session.sql(_ENTRIES).to_arrow_table()  # the engine finds both relations by the names of the arguments
    owners = dict(session.sql(_OWNERS, params=[[token for pair in vetoes for token in pair]]).fetchall())
    with duckdb.connect(config={"threads": 1}) as engine:
        engine.register("records_given", records)
        engine.execute("create table records as from records_given")
        engine.register("weighed", weigh_pairs(records))
        apart = [{"a": owners.get(a), "b": owners.get(b)} for a, b in vetoes]
        engine.register("vetoed", pa.Table.from_pylist(apart, schema=pa.schema({"a": pa.string(), "b": pa.string()})))
        names = [attribute.name for attribute in ATTRIBUTES]
        found = engine.execute(_REVIEW.format(levels=", ".join(names))).to_arrow_table().to_pylist()
    for row in found:
        row["agrees"], row["differs"] = describe_levels({name: row[name] for name in names})
    return pa.Table.from_pylist(found, schema=REVIEW_LIST)


def describe_levels(levels: dict[str, int | None]) -> tuple[str, str]:
    """In words what agrees, and what differs, of the levels that `weigh_pairs` gives on tokens."""
    agrees, differs = [], []
    for attribute in ATTRIBUTES:
        level = levels[attribute.name]
        if level == 0:
            differs.append(attribute.differs)
        elif level is not None:
            agrees.append([each for each in attribute.levels if not each.is_fuzzy][-level].says)
    return "; ".join(agrees), "; ".join(differs)
