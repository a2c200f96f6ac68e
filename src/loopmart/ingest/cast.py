"""From cells to typed fields, as SQL that is written from the contracts.

Every check of a row is one SQL condition with a reason and a remedy; the first that holds names the row's
problem. No cell is ever rounded, guessed or repaired.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loopmart.contracts.feeds import Feed, Property
from loopmart.contracts.senders import Sender
from loopmart.contracts.sources import CELL, Source
from loopmart.ingest.recognise import clean_cell
from loopmart.ingest.tokens import token_sql


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
    """SQL that turns a table of cells into typed fields, and the checks whose numbers it reports."""

    sql: str
    checks: list[Check]


def parse_cells(
    table: str,
    feed: Feed,
    source: Source,
    header: Sequence[str],
    senders: Mapping[str, Sender],
    token_key: bytes,
    *,
    is_padded: bool = True,
    is_workbook: bool = False,
) -> Parsing:
    """SQL over `table` (columns c0, c1, … of text, _file, _line; joined to `batch_files`).

    It gives the feed's fields in their types, `_file`, `_line`, `_problem` (1-based number of the first check
    that failed, NULL for a good row) and `_value` (what to show of it).
    """
    cells = {source.columns[name]: (name, f"c{i}") for i, name in _mapped(source, header)}
    texts, typed, checks = [], [], []
    for field in feed.fields:
        header_name, cell = cells.get(field.name, (field.name, ""))
        if cell:
            text = text_of(cell, is_padded=is_padded)
        elif field.name in source.derive:
            text = f"cast({expand(source.derive[field.name], header, is_padded=is_padded)} as varchar)"
        elif field.name in source.constants:
            text = _constant(source.constants[field.name])
        else:
            text = "null::varchar"
        texts.append(f'{text} as "{field.name}__text"')
        has_comma = source.decimal_comma and not is_workbook
        typed.append(f"{_typed(field, feed, source, senders, has_comma=has_comma)} as {field.name}")
        checks.extend(_checks_of(field, header_name, derived=field.name == "business_date" and not cell))
    checks.extend(_row_checks(feed))
    problem = " ".join(f"when {c.condition} then {n}" for n, c in enumerate(checks, start=1))
    value = " ".join(f"when {n} then {c.value}" for n, c in enumerate(checks, start=1))
    names = ", ".join(f.name for f in feed.fields)
    personal = [f for f in feed.fields if f.token_of]
    sql = f"""
        with cells as (
            select _file, _line, sender_id, sender_kind, time_zone, currency as sender_currency, {", ".join(texts)}
            from {table} join batch_files using (_file)
        ),
        {"".join(_tokens(field, token_key) for field in personal)}
        typed as (select cells.*, {", ".join(typed)} from cells {" ".join(_token_join(f) for f in personal)}),
        checked as (select *, case {problem} end as _problem from typed)
        select {names}, sender_id, _file, _line, _problem, case _problem {value} end as _value from checked
    """
    return Parsing(sql, checks)


def expand(expression: str, header: Sequence[str], *, is_padded: bool = True) -> str:
    """SQL over the cells of this header: `[name]` becomes the text of its cell, NULL where no such cell is."""

    def replace(match: re.Match[str]) -> str:
        if match["names"] is None:
            return f"[{match['plain']}]"
        names = (clean_cell(name) for name in match["names"].split("|"))
        position = next((header.index(name) for name in names if name in header), None)
        return "null::varchar" if position is None else text_of(f"c{position}", is_padded=is_padded)

    return CELL.sub(replace, expression)


def text_of(cell: str, *, is_padded: bool) -> str:
    """SQL of a cell's text without surrounding blanks and tabs; NULL for an empty one.

    Trimming costs more than all else, so it is left out where no cell of the file is padded; the engine's reader
    has made an empty cell NULL already.
    """
    if not is_padded:
        return cell
    return f"nullif(trim({cell}, ' \t'), '')"


def _mapped(source: Source, header: Sequence[str]) -> list[tuple[int, str]]:
    by_cell = {clean_cell(name): name for name in source.columns}
    return [(i, by_cell[cell]) for i, cell in enumerate(header) if cell in by_cell]


def _constant(template: str) -> str:
    if template == "{sender.currency}":
        return "sender_currency"
    if template == "{sender.sender_id}":
        return "sender_id"
    return "'" + template.replace("'", "''") + "'"


def _typed(field: Property, feed: Feed, source: Source, senders: Mapping[str, Sender], *, has_comma: bool) -> str:
    text = f'"{field.name}__text"'
    kind = field.physicalType
    if field.token_of:
        return f"tokens_{field.name}.token"
    if kind == "varchar":
        return text
    if kind.startswith("decimal"):
        mark = "," if has_comma else "."
        number = text if mark == "." else f"replace({text}, ',', '.')"
        places = int(kind.rstrip(")").partition(",")[2])
        form = f"[+-]?([0-9]+([{mark}][0-9]{{0,{places}}}0*)?|[{mark}][0-9]{{1,{places}}}0*)"
        return f"case when regexp_full_match({text}, '{form}') then try_cast({number} as {kind}) end"
    if kind in ("int", "bigint"):
        return f"case when regexp_full_match({text}, '-?[0-9]+') then try_cast({text} as {kind}) end"
    if field.name == "business_date" and "business_date" not in source.columns.values():
        return f"cast({_store_time(feed, source, senders)} as date)"
    local = f"try_strptime({text}, '{source.formats.get(field.name, _default_format(kind))}')"
    return f"cast({local} as date)" if kind == "date" else _to_utc(local, source, senders)


def _tokens(field: Property, token_key: bytes) -> str:
    """A CTE of the tokens of a field; each identifier is hashed once, however many lines carry it."""
    text = f'"{field.name}__text"'
    token = token_sql(token_key, field.token_of or "", "text")
    return f"tokens_{field.name} as (select text, {token} as token from (select distinct {text} as text from cells)),"


def _token_join(field: Property) -> str:
    return f'left join tokens_{field.name} on tokens_{field.name}.text = cells."{field.name}__text"'


def _default_format(kind: str) -> str:
    return "%Y-%m-%d" if kind == "date" else "%Y-%m-%d %H:%M:%S"


def _store_time(feed: Feed, source: Source, senders: Mapping[str, Sender]) -> str:
    """SQL of the record's time on the store's own clock."""
    field = next(f.name for f in feed.fields if f.physicalType == "timestamp")
    text = f'"{field}__text"'
    local = f"try_strptime({text}, '{source.formats.get(field, _default_format('timestamp'))}')"
    if source.time_zone is None:
        return local
    return _in_zone(f"timezone('{source.time_zone}', {local})", senders)


def _to_utc(local: str, source: Source, senders: Mapping[str, Sender]) -> str:
    if source.time_zone is not None:
        return f"timezone('UTC', timezone('{source.time_zone}', {local}))"
    return f"timezone('UTC', {_in_zone(local, senders)})"


def _in_zone(moment: str, senders: Mapping[str, Sender]) -> str:
    """SQL that reads a local time in the sender's zone, or shows an instant in it."""
    zones = sorted({s.time_zone for s in senders.values()})
    branches = " ".join(f"when '{z}' then timezone('{z}', {moment})" for z in zones)
    return f"case time_zone {branches} end"


def _checks_of(field: Property, header_name: str, *, derived: bool) -> list[Check]:
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
    if field.physicalType == "varchar" and (field.token_of or field.name.endswith(("_id", "_id_source", "_upc"))):
        checks.append(
            Check(
                f"regexp_full_match({text}, '[0-9]([.][0-9]+)?[eE][+]?[0-9]+')", header_name, shown, "number_lost",
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
