"""The review list on the command line: pairs of people with what speaks for and against, and where both stand."""

from __future__ import annotations

from rich.console import Console

from loopmart.settings import Settings
from loopmart.show import open_published

_PAIRS = """
    with founders as (
        select
            own_member_id as member_id, min(identifier_type || ':' || issuer || ':' || identifier_token) as identifier
        from marts.member_identifiers group by all
    ),
    files as (
        select file_id, min(path) as path from ops.file_ledger where status = 'loaded' group by all
    )
    select
        pairs.match_weight, pairs.match_probability, pairs.agrees, pairs.differs,
        [
            (pairs.member_id_left, l.identifier, lf.path, pairs.line_left),
            (pairs.member_id_right, r.identifier, rf.path, pairs.line_right)
        ] as sides
    from marts.possible_duplicates as pairs
    left join founders as l on l.member_id = pairs.member_id_left
    left join founders as r on r.member_id = pairs.member_id_right
    left join files as lf on lf.file_id = pairs.file_id_left
    left join files as rf on rf.file_id = pairs.file_id_right
    where pairs.match_weight >= $1
    order by pairs.match_weight desc, lf.path, pairs.line_left, rf.path, pairs.line_right
"""


def print_review(settings: Settings, console: Console, limit: int, least_weight: float) -> None:
    """The published pairs of at least this weight, the heaviest first; `limit` 0 shows all.

    Raises:
        LoopmartError: nothing is published yet.
    """
    with open_published(settings) as published:
        pairs = published.execute(_PAIRS, [least_weight]).fetchall()
    for weight, probability, agrees, differs, sides in pairs[:limit] if limit else pairs:
        console.print(f"[bold]weight {weight}[/], probability {probability}: {agrees}", highlight=False, soft_wrap=True)
        if differs:
            console.print(f"  but {differs}", highlight=False, soft_wrap=True)
        for member_id, identifier, path, line in sides:
            who = f"{member_id}  {identifier}" if member_id else "an entry without an identifier"
            console.print(f"  {path} line {line}: {who}", highlight=False, markup=False, soft_wrap=True)
    shown = f"; {limit} shown, --limit 0 shows all" if 0 < limit < len(pairs) else ""
    console.print(f"{len(pairs):,} possible duplicates{shown}", highlight=False)
