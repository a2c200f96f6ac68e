"""What contracts say about cells, as SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypedDict

import duckdb

from loopmart.contracts.feeds import Feed
from loopmart.contracts.sources import CELL, SETTING, Source, names_in
from loopmart.ingest.people import create_people_macros, speaks_of_people
from loopmart.ingest.recognise import clean_cell


class Form(TypedDict):
    """What must be known of cells before their text can be taken."""

    is_padded: bool
    is_guarded: bool


def expand(
    expression: str, header: Sequence[str], source: Source, *, is_padded: bool = True, is_guarded: bool = False
) -> str:
    """SQL over the cells of this header: `[name]` becomes the text of its cell, NULL where no such cell is.

    `{sender.key}` and `{file.key}` become columns of `batch_files`.
    """

    def replace(match: re.Match[str]) -> str:
        if match["names"] is None:
            return f"[{match['plain']}]"
        names = (clean_cell(name) for name in match["names"].split("|"))
        position = next((header.index(name) for name in names if name in header), None)
        if position is None:
            return "null::varchar"
        return text_of(f"c{position}", source.empty, is_padded=is_padded, is_guarded=is_guarded)

    return SETTING.sub(lambda found: _setting_column(found[1], found[2]), CELL.sub(replace, expression))


def _setting_column(owner: str, key: str) -> str:
    plain = {"currency": "currency", "sender_id": "sender_id"} if owner == "sender" else {}
    return plain.get(key, f'"{owner}.{key}"')


def text_of(cell: str, empty: Sequence[str] = (), *, is_padded: bool = True, is_guarded: bool = False) -> str:
    """SQL of a cell's text without guards, surrounding blanks and tabs; NULL for an empty one, or a mark of emptiness.

    Trimming costs more than all else, so it is left out where no cell of the file is padded; the engine's reader
    has made an empty cell NULL already.
    """
    if is_guarded:
        cell = f"unguard({cell})"
    if is_padded or is_guarded:
        cell = f"nullif(trim({cell}, ' \t'), '')"
    for mark in empty:
        cell = f"nullif({cell}, {quote(mark)})"
    return cell


def find_padding(feed: Feed, source: Source, header: Sequence[str]) -> str:
    """SQL condition of lines with blanks around a cell whose text is taken as it stands; `false` where none is.

    Numbers and times need no such look: with blanks around them they do not read back as they stood there.
    """
    kinds = {f.name: f.physicalType for f in feed.fields}
    taken = {i for i, name in map_header(source, header) if kinds[source.columns[name]] == "varchar"}
    named = {clean_cell(name) for name in _named_cells(source)}
    taken |= {i for i, name in enumerate(header) if name in named}
    return " or ".join(f"c{i} < '!' or ends_with(c{i}, ' ')" for i in sorted(taken)) or "false"


def find_typed_cells(feed: Feed, source: Source, header: Sequence[str]) -> dict[str, str]:
    """Columns of cells that are an amount and nothing else, with its type."""
    if source.empty or source.decimal_comma:
        return {}
    kinds = {f.name: f.physicalType for f in feed.fields}
    named = {clean_cell(name) for name in _named_cells(source)}
    return {
        f"c{i}": kinds[source.columns[name]]
        for i, name in map_header(source, header)
        if kinds[source.columns[name]].startswith("decimal") and header[i] not in named
    }


def _named_cells(source: Source) -> set[str]:
    """Header names of the cells that expressions take."""
    promised = (f"[{p.cell}]" for p in source.promises if p.row and p.cell)
    texts = (*source.line_expressions, *source.derive.values(), *promised)
    return {name for text in texts for name in names_in(text)}


def create_macros(engine: duckdb.DuckDBPyConnection, sources: Iterable[Source]) -> None:
    """Make the functions that the contracts of these sources may use.

    `amount(text)` is the number in a cell, without thousands separators and the yuan sign, NULL where it would have
    to be rounded or guessed; `amount_or_zero(text)` the same, 0 for an empty cell alone; `from_fen(text)` the text in
    yuan of a whole number of fen. Those about people stand in `loopmart.ingest.people`; they are made where a contract
    names one, for an engine takes longer for them than for a small file.
    """
    if any(speaks_of_people(text) for source in sources for text in source.expressions):
        create_people_macros(engine)
    plain = "regexp_replace(t, '[,¥￥ \\t]', '', 'g')"
    engine.execute(
        f"""
        create or replace macro amount(t) as case
            when contains(t, 'e') or contains(t, 'E') then null
            when contains(t, ',') and not regexp_full_match(t, {quote(THOUSANDS)}) then null
            when length(t) - strpos(t, '.') > 5 and regexp_matches(t, '[.][0-9]{{5}}[0-9]*[1-9]') then null
            else try_cast({plain} as decimal(28, 5))
        end
        """
    )
    engine.execute("create or replace macro amount_or_zero(t) as case when t is null then 0 else amount(t) end")
    engine.execute(
        "create or replace macro from_fen(t) as case when regexp_full_match(t, '-?[0-9]{1,17}') "
        "then (try_cast(t as decimal(18, 0)) * 0.01)::decimal(18, 2)::varchar end"
    )
    engine.execute(f"create or replace macro is_guarded(t) as regexp_matches(t, {quote(GUARD)})")
    engine.execute(
        f"""
        create or replace macro unguard(t) as case
            when not is_guarded(t) then t
            when regexp_matches(t, {quote(QUOTED_GUARD)})
            then regexp_replace(regexp_replace(t, {quote(QUOTED_GUARD)}, ''), '"[\\t\\x1f ]*$', '')
            else regexp_replace(regexp_replace(t, '^[\\t ]*[`''\\x1f]*', ''), '[\\t\\x1f ]+$', '')
        end
        """
    )


THOUSANDS = r"""[^0-9,.]*[0-9]{1,3}(,[0-9]{3})+([.][0-9]*)?[^0-9,.]*"""
"""A number whose commas are thousands separators; 12,50 is no such number."""
GUARD = r"""^[\t ]*(`|="|\x1f|'[-+=@0-9])|^\t|[\t\x1f]$"""
"""What spreadsheets and vendors put around a value so that it stays text: backtick, TAB, ', ="…", unit separator."""
QUOTED_GUARD = r"""^[\t ]*[=`'\x1f]+["]"""


def quote(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def map_header(source: Source, header: Sequence[str]) -> list[tuple[int, str]]:
    """(position, name in the contract) of the cells that are mapped to a field."""
    by_cell = {clean_cell(name): name for name in source.columns}
    return [(i, by_cell[cell]) for i, cell in enumerate(header) if cell in by_cell]


def write_constant(template: str) -> str:
    """SQL of a constant of a contract: a text, or a setting."""
    setting = SETTING.fullmatch(template)
    return _setting_column(setting[1], setting[2]) if setting else quote(template)
