"""From cells to typed fields, as SQL that is written from the contracts.

Every check of a row is one SQL condition with a reason and a remedy; the first that holds names the row's
problem. No cell is ever rounded, guessed or repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from loopmart.contracts.feeds import Feed, Property, bound_date
from loopmart.contracts.sources import Source, names_in
from loopmart.ingest.expressions import Form, expand, map_header, quote, text_of, write_constant
from loopmart.ingest.recognise import clean_cell
from loopmart.ingest.zones import to_local, to_utc

NOTHING = "null::varchar"
"""The text of a field that the file does not have."""


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


@dataclass(frozen=True)
class Cells:
    """A relation of cells, and what must be known of them.

    Attributes:
        relation: table or query with columns c0, c1, … of text, _file and _line.
        is_joined: whether the relation has the columns of `batch_files` already.
        header: the names of the cells.
        form: whether their texts must be trimmed and freed of guards.
        is_workbook: whether numbers have a decimal point whatever the contract says.
        may_hold_powers: whether a cell may be a power of ten, as spreadsheets write long numbers.
        typed: columns that have the type of their field already.
        readable: a cheaper relation of the same cells, without _file and _line.
        store_names: table (file, name, store_id) of what the names of stores mean.
    """

    relation: str
    header: tuple[str, ...]
    form: Form = field(default_factory=lambda: Form(is_padded=True, is_guarded=False))
    is_workbook: bool = False
    may_hold_powers: bool = True
    typed: Collection[str] = ()
    is_joined: bool = False
    readable: str | None = None
    store_names: str | None = None

    @property
    def joined(self) -> str:
        """The cells, each with what `batch_files` knows of its file."""
        return f"{self.relation} lines {'' if self.is_joined else 'join batch_files using (_file)'}"


def parse_cells(cells: Cells, feed: Feed, source: Source, zones: Collection[str], tokens: str = "tokens") -> Parsing:
    """SQL over cells, joined to `batch_files`.

    It gives the feed's fields in their types, `_file`, `_file_id`, `_line`, `_problem` (1-based number of the first
    check that failed, NULL for a good row) and `_value` (what to show of it).

    Args:
        zones: time zones of the senders.
        tokens: what the names of the tables of tokens begin with.
    """
    written = [_write_field(cells, feed, source, zones, f, f"{tokens}_{f.name}") for f in feed.fields]
    texts = [text for w in written for text in w.texts]
    raws = [raw for w in written for raw in w.reading.raw]
    typed = [f"{w.reading.typed} as {w.name}" for w in written if not w.reading.is_late]
    dated = [f"{w.reading.typed} as {w.name}" for w in written if w.reading.is_late]
    checks = [check for w in written for check in w.checks] + _row_checks(feed)
    problem = " ".join(f"when {c.condition} then {n}" for n, c in enumerate(checks, start=1))
    value = " ".join(f"when {n} then cast({c.value} as varchar)" for n, c in enumerate(checks, start=1))
    names = ", ".join(f.name for f in feed.fields)
    sql = f"""
        with cells as (
            select _file, _line, _file_id, sender_id, sender_kind, time_zone, currency as sender_currency,
                {", ".join(texts)}
            from {cells.joined} {_name_stores(cells, source)}
        ),
        raw as (select {", ".join(["cells.*", *raws])} from cells {" ".join(w.token_join for w in written)}),
        typed as (select *, {", ".join(typed)} from raw),
        dated as (select {", ".join(["*", *dated])} from typed),
        checked as (select *, case {problem} end as _problem from dated)
        select {names}, sender_id, _file, _file_id, _line, _problem, case _problem {value} end as _value from checked
    """
    return Parsing(sql, checks, {name: query for w in written for name, query in w.identifiers.items()})


@dataclass(frozen=True)
class _Reading:
    """How a field gets its type: columns of a first step, the typed expression, and whether it needs typed fields."""

    typed: str
    raw: tuple[str, ...] = ()
    is_late: bool = False


@dataclass(frozen=True)
class _Written:
    """What a field adds to the SQL."""

    name: str
    texts: list[str]
    reading: _Reading
    checks: list[Check]
    token_join: str = ""
    identifiers: dict[str, tuple[str, str]] = field(default_factory=dict)


def _write_field(
    cells: Cells, feed: Feed, source: Source, zones: Collection[str], wanted: Property, tokens: str
) -> _Written:
    name = wanted.name
    by_field = {source.columns[header]: (header, f"c{i}") for i, header in map_header(source, cells.header)}
    header_name, cell = by_field.get(name, (name, ""))
    texts, checks = [], []
    if source.stores and name == source.stores.field:
        text, header_name = "named_stores.store_id", "/".join(names_in(source.stores.name)) or name
        checks.append(_unknown_name(source, header_name))
        texts.append(f'{expand(source.stores.name, cells.header, source, **cells.form)} as "store_name__text"')
    elif cell:
        text = cell if cell in cells.typed else text_of(cell, source.empty, **cells.form)
    elif name in source.derive:
        text = f"cast({expand(source.derive[name], cells.header, source, **cells.form)} as varchar)"
        texts.append(f'{_show_cells(cells, feed, source, wanted)} as "{name}__cells"')
    elif name in source.constants:
        text = write_constant(source.constants[name])
    else:
        text = NOTHING
    texts.append(f'{text} as "{name}__text"')
    is_told = name == "business_date" and text == NOTHING
    checks.extend(
        _checks_of(
            wanted, header_name, feed.business_date, derived=is_told, may_hold_powers=cells.may_hold_powers,
            is_worked_out=name in source.derive and not cell,
        )
    )  # fmt: skip
    if is_told:
        return _Written(name, texts, _tell_business_date(feed, source, zones), checks)
    if wanted.token_of and text != NOTHING:
        is_plain = cell and cells.readable and not source.stores
        place = cells.readable if is_plain else f"{cells.joined} {_name_stores(cells, source)}"
        return _Written(
            name, texts, _Reading(f'"{name}__raw"', (f'{tokens}.token as "{name}__raw"',)), checks,
            f'left join {tokens} on {tokens}.text = cells."{name}__text"',
            {tokens: (wanted.token_of, f"select distinct {text} as text from {place}")},
        )  # fmt: skip
    if cell in cells.typed and cell:
        return _Written(name, texts, _Reading(f'"{name}__text"'), checks)
    has_comma = source.decimal_comma and not cells.is_workbook
    return _Written(name, texts, _read_field(wanted, source, zones, has_comma=has_comma), checks)


def _show_cells(cells: Cells, feed: Feed, source: Source, wanted: Property) -> str:
    """SQL of the cells that a figure or time is worked out from; of texts nothing, as they may name a person."""
    tokens = {f.name for f in feed.fields if f.token_of}
    personal = {header for header, name in source.columns.items() if name in tokens}
    personal |= {header for name in tokens for header in names_in(source.derive.get(name, ""))}
    named = {clean_cell(header) for header in {*names_in(source.derive[wanted.name])} - personal}
    found = ", ".join(f"c{i}" for i, header in enumerate(cells.header) if header in named)
    return f"concat_ws(' | ', {found})" if found and wanted.physicalType != "varchar" else NOTHING


def _name_stores(cells: Cells, source: Source) -> str:
    """The join that gives a line its store by the name that stands in it."""
    if not source.stores:
        return ""
    name = expand(source.stores.name, cells.header, source, **cells.form)
    return (
        f"left join {cells.store_names} named_stores on named_stores.file = lines._file and named_stores.name = {name}"
    )


def _unknown_name(source: Source, header_name: str) -> Check:
    vendor = source.stores.vendor if source.stores else ""
    return Check(
        '"store_name__text" is not null and "store_id__text" is null', header_name, '"store_name__text"',
        "unknown_store", "no store is known under this name",
        f"Add it to the store's settings in stores.csv, as alias.{vendor}=<the name>",
    )  # fmt: skip


def _read_field(field: Property, source: Source, zones: Collection[str], *, has_comma: bool) -> _Reading:
    text, raw = f'"{field.name}__text"', f'"{field.name}__raw"'
    kind = field.physicalType
    if field.token_of:
        return _Reading(text)
    if kind == "varchar":
        return _Reading(text)
    if kind in ("int", "bigint"):
        return _read_number(text, raw, text, kind, "-?[0-9]+")
    if kind.startswith("decimal"):
        mark = "," if has_comma else "."
        places = int(kind.rstrip(")").partition(",")[2])
        form = f"[+-]?([0-9]+([{mark}][0-9]{{0,{places}}}0*)?|[{mark}][0-9]{{1,{places}}}0*)"
        return _read_number(text, raw, f"replace({text}, ',', '.')" if has_comma else text, kind, form)
    local = f"try_strptime({text}, {quote(source.formats.get(field.name, _default_format(kind)))}) as {raw}"
    return _Reading(f"cast({raw} as date)" if kind == "date" else _to_utc(raw, source, zones), (local,))


def _read_number(text: str, raw: str, number: str, kind: str, form: str) -> _Reading:
    """A cast alone would round and take exponents; what reads back as it stood there, up to zeros, is exact."""
    has_form = f"regexp_full_match({text}, '{form}')"
    if number == text:
        has_form = f"starts_with(cast({raw} as varchar), {text}) or {has_form}"
    return _Reading(f"case when {has_form} then {raw} end", (f"try_cast({number} as {kind}) as {raw}",))


def _tell_business_date(feed: Feed, source: Source, zones: Collection[str]) -> _Reading:
    """The day of the record's time on the store's own clock."""
    moment = next(f.name for f in feed.fields if f.physicalType == "timestamp")
    if source.time_zone is None or set(zones) <= {source.time_zone}:
        return _Reading(f'cast("{moment}__raw" as date)')
    return _Reading(f"cast({_by_zone(zones, lambda zone: to_local(moment, zone))} as date)", is_late=True)


def _to_utc(local: str, source: Source, zones: Collection[str]) -> str:
    if source.time_zone is not None:
        return to_utc(local, source.time_zone)
    return _by_zone(zones, lambda zone: to_utc(local, zone))


def _by_zone(zones: Collection[str], write: Callable[[str], str]) -> str:
    """SQL that depends on the sender's zone."""
    if len(zones) == 1:
        return write(next(iter(zones)))
    return f"case time_zone {' '.join(f'when {quote(z)} then {write(z)}' for z in sorted(zones))} end"


def _default_format(kind: str) -> str:
    return "%Y-%m-%d" if kind == "date" else "%Y-%m-%d %H:%M:%S"


def _checks_of(
    field: Property, header_name: str, business_date: str | None,
    *, derived: bool, may_hold_powers: bool, is_worked_out: bool,
) -> list[Check]:  # fmt: skip
    text = f'"{field.name}__text"'
    shown = "null::varchar" if field.token_of else text
    checks = []
    if field.required and is_worked_out:
        checks.append(
            Check(
                f"{text} is null", header_name, f'"{field.name}__cells"', "missing_value",
                f"{field.name} is required and cannot be told from the cells that it is worked out from",
                "Correct these cells at the sender, or mend derive in the contract",
            )
        )  # fmt: skip
    elif field.required and not derived:
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
    if not derived and field.physicalType in ("date", "timestamp"):
        is_implausible, wanted = bound_date(field.name, field.physicalType, business_date)
        checks.append(
            Check(
                is_implausible, header_name, shown, "implausible_date", f"{field.name} must lie {wanted}",
                "Check the clock that wrote it and the date format in the source's YAML (day and month swapped?)",
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
