"""Whom the definition of an audience finds among the published marts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from loopmart.audience.definitions import Audience
from loopmart.errors import LoopmartError


def select_members(published: Path, audience: Audience, on: date, place: Path) -> dict[str, str]:
    """Reason by member_id, of every member whom the select of an audience gives.

    The select runs on a connection that can neither write nor read anything but the published marts.

    Args:
        published: the published marts.duckdb.
        on: what `getvariable('export_date')` gives.
        place: the file of the audience, for messages.

    Raises:
        LoopmartError: the select is no single select, fails, gives no column member_id, or somebody who is no member.
    """
    with duckdb.connect(str(published), read_only=True) as marts:
        marts.execute(f"set variable export_date = date '{on}'")
        marts.execute("set enable_external_access = false; set lock_configuration = true")
        try:
            statements = marts.extract_statements(audience.select)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise LoopmartError(f"{place}: sql: write one select and nothing else")
            found = marts.sql(audience.select)
            if "member_id" not in found.columns:
                raise LoopmartError(f"{place}: sql: gives the columns {found.columns}; give member_id")
            reason = "cast(reason as varchar)" if "reason" in found.columns else "null"
            rows = marts.execute(
                f"""
                select found.member_id, min({reason}), bool_or(members.member_id is null)
                from (
{audience.select.strip().rstrip(";")}
) as found left join marts.members using (member_id)
                where found.member_id is not null group by 1 order by 1
                """
            ).fetchall()
        except duckdb.Error as error:
            key = "sql" if audience.sql else "members"
            raise LoopmartError(f"{place}: {key}: the marts cannot answer it: {error}") from error
    strangers = [member for member, _, is_stranger in rows if is_stranger]
    if strangers:
        raise LoopmartError(f"{place}: sql: gives {len(strangers):,} ids that are in no row of marts.members")
    return {member: why or audience.reason for member, why, _ in rows}
