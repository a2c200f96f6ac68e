"""From cells to typed fields, as SQL that is written from the contracts.

Every check of a row is one SQL condition with a reason and a remedy; the first that holds names the row's
problem. No cell is ever rounded, guessed or repaired.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypedDict

import duckdb

from loopmart.contracts.feeds import Feed, Property
from loopmart.contracts.sources import CELL, SETTING, Source, names_in
from loopmart.ingest.recognise import clean_cell
from loopmart.ingest.zones import to_local, to_utc


class Form(TypedDict):
    """What must be known of cells before their text can be taken."""

    is_padded: bool
    is_guarded: bool


@dataclass(frozen=True)
class Check:
    """One way in which a row can be wrong.

    Attributes:
        condition: SQL over the typed fields and the cells (`"<field>__text"`), true for a wrong row.
        column: header name in the file, or the field where no single cell is to blame.
        value: SQL of the value to show; NULL for personal data.
    """

    condition: str
    column: str
    value: str
    rule: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class Parsing:
    """SQL that turns a table of cells into typed fields, and the checks whose numbers it reports.

    Attributes:
        identifiers: the tables (text, token) that the SQL joins: by name the type of identifier, and a query of its
            texts.
    """

    sql: str
    checks: list[Check]
    identifiers: dict[str, tuple[str, str]]


def parse_cells(
    relation: str,
    feed: Feed,
    source: Source,
    header: Sequence[str],
    zones: Collection[str],
    *,
    tokens: str = "tokens",
    store_names: str | None = None,
    is_padded: bool = True,
    is_guarded: bool = False,
    is_workbook: bool = False,
    may_hold_powers: bool = True,
) -> Parsing:
    """SQL over `relation` (columns c0, c1, … of text, _file, _line; joined to `batch_files`).

    It gives the feed's fields in their types, `_file`, `_line`, `_problem` (1-based number of the first check
    that failed, NULL for a good row) and `_value` (what to show of it).

    Args:
        zones: time zones of the senders.
        tokens: what the names of the tables of tokens begin with.
        store_names: table (file, name, store_id) of what the names of stores in these files mean.
        is_padded: whether cells may have blanks or tabs around them.
        is_guarded: whether cells may carry a spreadsheet's guards.
        is_workbook: whether numbers have a decimal point whatever the contract says.
        may_hold_powers: whether a cell may be a power of ten, as spreadsheets write long numbers.
    """
    write = partial(expand, header=header, source=source, is_padded=is_padded, is_guarded=is_guarded)
    cells = {source.columns[name]: (name, f"c{i}") for i, name in _mapped(source, header)}
    kind_of = {f.name: f.physicalType for f in feed.fields}
    texts: list[str] = []
    raws: list[str] = []
    typed: list[str] = []
    dated: list[str] = []
    checks: list[Check] = []
    identifiers: dict[str, tuple[str, str]] = {}
    join = token_joins = ""
    for field in feed.fields:
        header_name, cell = cells.get(field.name, (field.name, ""))
        if source.stores and field.name == source.stores.field:
            text, header_name = "named_stores.store_id", "/".join(names_in(source.stores.name)) or field.name
            join = f"left join {store_names} named_stores on named_stores.file = lines._file "
            join += f"and named_stores.name = {write(source.stores.name)}"
            checks.append(_unknown_name(source, header_name))
            texts.append(f'{write(source.stores.name)} as "store_name__text"')
        elif cell:
            text = text_of(cell, source.empty, is_padded=is_padded, is_guarded=is_guarded)
        elif field.name in source.derive:
            text = f"cast({write(source.derive[field.name])} as varchar)"
        elif field.name in source.constants:
            text = _constant(source.constants[field.name])
        else:
            text = "null::varchar"
        texts.append(f'{text} as "{field.name}__text"')
        is_told = field.name == "business_date" and text == "null::varchar"
        reading = _tell_business_date(kind_of, source, zones) if is_told else _read_field(
            field, source, zones, has_comma=source.decimal_comma and not is_workbook
        )  # fmt: skip
        raws.extend(reading.raw)
        if field.token_of and text == "null::varchar":
            raws.append(f'{text} as "{field.name}__raw"')
        elif field.token_of:
            table = f"{tokens}_{field.name}"
            query = f"select distinct {text} as text from {relation} lines join batch_files using (_file) {join}"
            identifiers[table] = (field.token_of, query)
            token_joins += f' left join {table} on {table}.text = cells."{field.name}__text"'
            raws.append(f'{table}.token as "{field.name}__raw"')
        (dated if reading.is_late else typed).append(f"{reading.typed} as {field.name}")
        checks.extend(_checks_of(field, header_name, derived=is_told, may_hold_powers=may_hold_powers))
    checks.extend(_row_checks(feed))
    problem = " ".join(f"when {c.condition} then {n}" for n, c in enumerate(checks, start=1))
    value = " ".join(f"when {n} then {c.value}" for n, c in enumerate(checks, start=1))
    names = ", ".join(f.name for f in feed.fields)
    sql = f"""
        with cells as (
            select _file, _line, sender_id, sender_kind, time_zone, currency as sender_currency, {", ".join(texts)}
            from {relation} lines join batch_files using (_file) {join}
        ),
        raw as (select {", ".join(["cells.*", *raws])} from cells {token_joins}),
        typed as (select *, {", ".join(typed)} from raw),
        dated as (select {", ".join(["*", *dated])} from typed),
        checked as (select *, case {problem} end as _problem from dated)
        select {names}, sender_id, _file, _line, _problem, case _problem {value} end as _value from checked
    """
    return Parsing(sql, checks, identifiers)


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
        cell = f"nullif({cell}, {_quote(mark)})"
    return cell


def find_padding(feed: Feed, source: Source, header: Sequence[str]) -> str:
    """SQL condition of lines with blanks around a cell whose text is taken as it stands; `false` where none is.

    Numbers and times need no such look: with blanks around them they do not read back as they stood there.
    """
    kinds = {f.name: f.physicalType for f in feed.fields}
    taken = {i for i, name in _mapped(source, header) if kinds[source.columns[name]] == "varchar"}
    expressions = [*source.derive.values(), *(f.when for f in source.filters), *(p.equals for p in source.promises)]
    named = {clean_cell(name) for text in expressions for name in names_in(text)}
    taken |= {i for i, name in enumerate(header) if name in named}
    return " or ".join(f"c{i} < '!' or ends_with(c{i}, ' ')" for i in sorted(taken)) or "false"


def create_macros(engine: duckdb.DuckDBPyConnection) -> None:
    """Make the functions that contracts may use.

    `amount(text)` is the number in a cell, without thousands separators and the yuan sign; `from_fen(text)` the
    text in yuan of a whole number of fen.
    """
    plain = "regexp_replace(t, '[,¥￥ \\t]', '', 'g')"
    engine.execute(f"create or replace macro amount(t) as try_cast({plain} as decimal(28, 5))")
    engine.execute(
        "create or replace macro from_fen(t) as case when regexp_full_match(t, '-?[0-9]{1,17}') "
        "then (try_cast(t as decimal(18, 0)) * 0.01)::decimal(18, 2)::varchar end"
    )
    engine.execute(f"create or replace macro is_guarded(t) as regexp_matches(t, {_quote(GUARD)})")
    engine.execute(
        f"""
        create or replace macro unguard(t) as case
            when not is_guarded(t) then t
            when regexp_matches(t, {_quote(QUOTED_GUARD)})
            then regexp_replace(regexp_replace(t, {_quote(QUOTED_GUARD)}, ''), '"[\\t\\x1f ]*$', '')
            else regexp_replace(regexp_replace(t, '^[\\t ]*[`''\\x1f]*', ''), '[\\t\\x1f ]+$', '')
        end
        """
    )


GUARD = r"""^[\t ]*(`|="|\x1f|'[-+=@0-9])|^\t|[\t\x1f]$"""
"""What spreadsheets and vendors put around a value so that it stays text: backtick, TAB, ', ="…", unit separator."""
QUOTED_GUARD = r"""^[\t ]*[=`'\x1f]+["]"""


def _unknown_name(source: Source, header_name: str) -> Check:
    vendor = source.stores.vendor if source.stores else ""
    return Check(
        '"store_name__text" is not null and "store_id__text" is null', header_name, '"store_name__text"',
        "unknown_store", "no store is known under this name",
        f"Add it to the store's settings in stores.csv, as alias.{vendor}=<the name>",
    )  # fmt: skip


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _mapped(source: Source, header: Sequence[str]) -> list[tuple[int, str]]:
    by_cell = {clean_cell(name): name for name in source.columns}
    return [(i, by_cell[cell]) for i, cell in enumerate(header) if cell in by_cell]


def _constant(template: str) -> str:
    setting = SETTING.fullmatch(template)
    return _setting_column(setting[1], setting[2]) if setting else _quote(template)


@dataclass(frozen=True)
class _Reading:
    """How a field gets its type: columns of a first step, the typed expression, and whether it needs typed fields."""

    typed: str
    raw: tuple[str, ...] = ()
    is_late: bool = False


def _read_field(field: Property, source: Source, zones: Collection[str], *, has_comma: bool) -> _Reading:
    text, raw = f'"{field.name}__text"', f'"{field.name}__raw"'
    kind = field.physicalType
    if field.token_of:
        return _Reading(raw)
    if kind == "varchar":
        return _Reading(text)
    if kind in ("int", "bigint"):
        return _read_number(text, raw, text, kind, "-?[0-9]+")
    if kind.startswith("decimal"):
        mark = "," if has_comma else "."
        places = int(kind.rstrip(")").partition(",")[2])
        form = f"[+-]?([0-9]+([{mark}][0-9]{{0,{places}}}0*)?|[{mark}][0-9]{{1,{places}}}0*)"
        return _read_number(text, raw, f"replace({text}, ',', '.')" if has_comma else text, kind, form)
    local = f"try_strptime({text}, {_quote(source.formats.get(field.name, _default_format(kind)))}) as {raw}"
    return _Reading(f"cast({raw} as date)" if kind == "date" else _to_utc(raw, source, zones), (local,))


def _read_number(text: str, raw: str, number: str, kind: str, form: str) -> _Reading:
    """A cast alone would round and take exponents; what reads back as it stood there, up to zeros, is exact."""
    has_form = f"regexp_full_match({text}, '{form}')"
    if number == text:
        has_form = f"starts_with(cast({raw} as varchar), {text}) or {has_form}"
    return _Reading(f"case when {has_form} then {raw} end", (f"try_cast({number} as {kind}) as {raw}",))


def _tell_business_date(kinds: Mapping[str, str], source: Source, zones: Collection[str]) -> _Reading:
    """The day of the record's time on the store's own clock."""
    field = next(name for name, kind in kinds.items() if kind == "timestamp")
    if source.time_zone is None or set(zones) <= {source.time_zone}:
        return _Reading(f'cast("{field}__raw" as date)')
    return _Reading(f"cast({_by_zone(zones, lambda zone: to_local(field, zone))} as date)", is_late=True)


def _to_utc(local: str, source: Source, zones: Collection[str]) -> str:
    if source.time_zone is not None:
        return to_utc(local, source.time_zone)
    return _by_zone(zones, lambda zone: to_utc(local, zone))


def _by_zone(zones: Collection[str], write: Callable[[str], str]) -> str:
    """SQL that depends on the sender's zone."""
    if len(zones) == 1:
        return write(next(iter(zones)))
    return f"case time_zone {' '.join(f'when {_quote(z)} then {write(z)}' for z in sorted(zones))} end"


def _default_format(kind: str) -> str:
    return "%Y-%m-%d" if kind == "date" else "%Y-%m-%d %H:%M:%S"


def _checks_of(field: Property, header_name: str, *, derived: bool, may_hold_powers: bool) -> list[Check]:
    text = f'"{field.name}__text"'
    shown = "null::varchar" if field.token_of else text
    checks = []
    if field.required and not derived:
        checks.append(
            Check(
                f"{text} is null", header_name, "null::varchar", "missing_value",
                f"{field.name} is required and the cell is empty", "Fill the cell, or ask the sender for the value",
            )
        )  # fmt: skip
    if not derived and field.physicalType != "varchar":
        checks.append(
            Check(
                f"{text} is not null and {field.name} is null", header_name, shown,
                f"not_a_{field.physicalType.partition('(')[0]}",
                f"the cell is no {_in_words(field)}",
                f"Write it as {_in_words(field)}, or mend formats in the contract",
            )
        )  # fmt: skip
    is_code = field.token_of or field.name.endswith(("_id", "_id_source", "_upc"))
    if may_hold_powers and field.physicalType == "varchar" and is_code:
        checks.append(
            Check(
                f"(contains({text}, 'E') or contains({text}, 'e')) "
                f"and regexp_full_match({text}, '[0-9]([.][0-9]+)?[eE][+]?[0-9]+')", header_name, shown, "number_lost",
                "a spreadsheet turned this number into a power of ten, its digits are lost for good",
                "Export it again as text; do not open and save the file in Excel",
            )
        )  # fmt: skip
    options = field.logicalTypeOptions
    if options.minimum is not None:
        checks.append(
            _bound(field, header_name, f"{field.name} < {options.minimum:g}", f"at least {options.minimum:g}")
        )
    if options.maximum is not None:
        checks.append(_bound(field, header_name, f"{field.name} > {options.maximum:g}", f"at most {options.maximum:g}"))
    if options.pattern:
        condition = f"not regexp_full_match({field.name}, '{options.pattern}')"
        if field.name == "currency":
            condition = f"currency <> sender_currency and {condition}"
        checks.append(_bound(field, header_name, condition, f"of the form {options.pattern}"))
    if field.allowed_values:
        allowed = ", ".join(f"'{v}'" for v in field.allowed_values)
        checks.append(_bound(field, header_name, f"{field.name} not in ({allowed})", f"one of {allowed}"))
    if field.name == "store_id":
        checks.append(
            Check(
                "sender_kind = 'store' and store_id <> sender_id", header_name, shown, "unknown_store",
                "the line names another store than the one that sent the file",
                "Move the file into that store's folder, or register the code in stores.csv",
            )
        )  # fmt: skip
    return checks


def _bound(field: Property, header_name: str, condition: str, wanted: str) -> Check:
    shown = "null::varchar" if field.token_of else f'"{field.name}__text"'
    return Check(
        condition, header_name, shown, "out_of_range", f"{field.name} must be {wanted}",
        "Correct the value at the sender, or widen the rule in the feed's contract",
    )  # fmt: skip


def _row_checks(feed: Feed) -> list[Check]:
    return [
        Check(
            f"not ({rule.implementation})", feed.control_amount or feed.key[0],
            "null::varchar" if not feed.control_amount else f"{feed.control_amount}::varchar",
            rule.name, rule.description, "Compare the cells of this line with the sender's system",
        )
        for rule in feed.row_rules
    ]  # fmt: skip


def _in_words(field: Property) -> str:
    kind, _, places = field.physicalType.rstrip(")").partition(",")
    if kind.startswith("decimal"):
        return f"number with at most {places} decimals and no currency sign or thousands separator"
    if kind in ("int", "bigint"):
        return "whole number"
    return f"{'date' if kind == 'date' else 'time'} in the format of the contract"
