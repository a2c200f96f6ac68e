"""From samples to a draft: which feed, which columns, and every field of the feed in turn."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from loopmart.contracts.catalogue import Catalogue
from loopmart.errors import LoopmartError
from loopmart.onboard.amounts import check_arithmetic, fill_amount, fill_order_lines, settle_decimal_mark
from loopmart.onboard.columns import Assignment, Mapping, rank_feeds
from loopmart.onboard.control_totals import find_totals
from loopmart.onboard.draft import Choices, Draft
from loopmart.onboard.evidence import Column
from loopmart.onboard.identifiers import (
    check_key,
    fill_entry_number,
    fill_line_number,
    fill_phone,
    fill_store,
    fill_tender_number,
    ignore_the_rest,
    note_spoilt,
)
from loopmart.onboard.kinds import fill_closed_list, fill_tender, read_types
from loopmart.onboard.layout import Layout, read_layout
from loopmart.onboard.moments import fill_moment, fill_period
from loopmart.onboard.samples import Table
from loopmart.onboard.words import Match

NAME = re.compile(r"[a-z0-9_]+")


def propose(
    tables: list[Table], catalogue: Catalogue, choices: Choices, feed: str | None = None, name: str | None = None
) -> Draft:
    """Propose a contract for samples of one export.

    Args:
        feed: takes the place of the feed that fits best.
        name: of the contract; else made of the first sample's name.

    Raises:
        LoopmartError: no sample has a header that can be told, or a choice names what does not exist.
    """
    if feed is not None and feed not in catalogue.feeds:
        raise LoopmartError(f"{feed!r} is none of the feeds: {', '.join(sorted(catalogue.feeds))}")
    layouts = [_read(table) for table in tables]
    columns = gather_columns(layouts)
    feeds = catalogue.feeds if feed is None else {feed: catalogue.feeds[feed]}
    ranked = rank_feeds(columns, feeds)
    draft = Draft(name or make_name(tables[0].name), layouts, columns, ranked[0], choices)
    _note_layouts(draft)
    _note_feed(draft, ranked, is_given=feed is not None)
    _obey_choices(draft)
    _fill(draft, catalogue)
    _note_columns(draft)
    return draft


def make_name(file_name: str) -> str:
    """A contract's name of a file's: its Latin letters without digits, else `new_source`."""
    words = re.findall(r"[a-z]+", Path(file_name.partition("!/")[0]).name.partition(".")[0].casefold())
    return "_".join(words) or "new_source"


def gather_columns(layouts: list[Layout]) -> list[Column]:
    """The columns of all samples by name, with the cells of all.

    Raises:
        LoopmartError: a header names a column twice.
    """
    cells: dict[str, list[tuple[int, str]]] = {}
    for layout in layouts:
        twice = [name for name, count in Counter(filter(None, layout.header)).items() if count > 1]
        if twice:
            raise LoopmartError(
                f"{layout.table.name}, line {layout.header_line}: the header names {', '.join(twice)} twice; a "
                "contract maps by name, so let the system export it with different names"
            )
        for position, name in enumerate(layout.header):
            if name:
                texts = [
                    (line.number, line.cells[position].strip()) for line in layout.data if position < len(line.cells)
                ]
                cells.setdefault(name, []).extend(texts)
    return [Column(name, tuple(found)) for name, found in cells.items()]


def _read(table: Table) -> Layout:
    layout = read_layout(table)
    if layout is None:
        raise LoopmartError(
            f"{table.name}: none of the first 40 lines looks like a header; export it with its column names, "
            "and as text or a workbook"
        )
    return layout


def _note_layouts(draft: Draft) -> None:
    for layout in draft.layouts:
        table = layout.table
        if table.form == "text":
            draft.note(
                "sure", "encoding", f"{table.name}: {table.encoding}, {table.encoding_reason}; {table.container}"
            )
            guard = ", a backtick before each cell" if table.is_guarded else ""
            told = {"\t": "TAB"}.get(table.delimiter, table.delimiter)
            draft.note("sure", "dialect", f"cells divided by {told}{guard}")
        else:
            draft.note("sure", "form", f"{table.name}: {table.form}, {table.container}")
        if table.form in ("text", "workbook"):
            other = layout.runner_up
            next_best = f"; next best is line {other[0]}, {other[1]:.2f}" if other else ""
            level = "unsure" if layout.score < 0.5 or (other and other[1] > layout.score - 0.1) else "sure"
            draft.note(
                "unsure" if level == "unsure" else "sure", "header",
                f"line {layout.header_line}, score {layout.score:.2f}{next_best}; {len(layout.preamble)} lines above, "
                f"{len(layout.data)} records, {len(layout.blank)} blank lines",
            )  # fmt: skip
        for line in layout.ragged[:1]:
            draft.note(
                "unsure", "ragged lines", f"{len(layout.ragged)} lines, the first is {line.number} with "
                f"{len(line.cells)} cells where the header has {len(layout.header)}: they go to quarantine"
            )  # fmt: skip
        if not layout.data:
            draft.note("unsure", "records", f"{table.name} has no record; types cannot be told from it")
        if "" in layout.header:
            draft.note("unsure", "header", f"column {layout.header.index('') + 1} has no name and cannot be mapped")


def _note_feed(draft: Draft, ranked: list[Mapping], *, is_given: bool) -> None:
    scores = ", ".join(f"{m.feed.name} {m.score:.2f}" for m in ranked[:3])
    if is_given:
        draft.note("sure", "feed", f"{draft.feed.name}, you say")
    else:
        is_clear = len(ranked) < 2 or ranked[0].score - ranked[1].score > 0.15
        draft.note(
            "sure" if is_clear and ranked[0].score > 0.5 else "unsure", "feed", f"{scores}; --feed takes another"
        )


def _obey_choices(draft: Draft) -> None:
    choices, names = draft.choices, {c.name: c for c in draft.columns}
    for name, field in choices.columns.items():
        if name not in names or field not in draft.fields:
            raise LoopmartError(
                f"--map {name}={field}: the samples have the columns {', '.join(names)}, and {draft.feed.name} has the "
                f"fields {', '.join(draft.fields)}"
            )
        taken = {k: a for k, a in draft.mapping.taken.items() if a.column.name != name and k != field}
        draft.mapping.taken = taken | {
            field: Assignment(field, names[name], Match("exact", name, 0), True, "you say so")
        }
    for field in [*choices.constants, *choices.formats]:
        if field not in draft.fields:
            raise LoopmartError(f"{field!r} is none of the fields of {draft.feed.name}: {', '.join(draft.fields)}")
    draft.constants |= choices.constants


def _note_columns(draft: Draft) -> None:
    noted = {note.about for note in draft.notes}
    for name, found in draft.mapping.taken.items():
        if found.is_sure and name not in noted:
            draft.note("sure", name, f"column {found.column.name}: {found.why}")
        elif found.is_sure:
            continue
        elif found.match.how == "exact" or found.match.word == found.column.name:
            draft.note("unsure", name, f"column {found.column.name}: {found.why}")
        else:
            draft.note("unsure", name, f"column {found.column.name} is like {found.match.word}; {found.why}")
    for column in draft.columns:
        note_spoilt(draft, column)
        if column.guard:
            draft.note("sure", column.name, f"cells begin with {column.guard}, which is taken off")


def _fill(draft: Draft, catalogue: Catalogue) -> None:
    draft.empty = sorted({mark for c in draft.columns for mark in c.empty_marks})
    settle_decimal_mark(draft)
    read_types(draft)
    has_time = any(f.physicalType == "timestamp" for f in draft.feed.fields)
    for field in draft.feed.fields:
        if field.name in draft.constants or (field.name == "business_date" and has_time):
            continue
        if field.name == "store_id":
            fill_store(draft, catalogue.senders)
        elif field.allowed_values:
            fill_closed_list(draft, field.name)
        elif field.name == "phone_token":
            fill_phone(draft)
        elif field.name == "entry_number":
            fill_entry_number(draft)
        elif field.physicalType in ("date", "timestamp"):
            fill_moment(draft, field.name)
        elif field.logicalType in ("number", "integer"):
            fill_amount(draft, field.name)
        elif column := draft.mapping.column(field.name):
            draft.place(field.name, column)
    _fill_what_no_column_gives(draft)
    check_arithmetic(draft)
    find_totals(draft)
    check_key(draft)
    fill_period(draft)
    ignore_the_rest(draft)
    _ask_for_the_rest(draft)


def _fill_what_no_column_gives(draft: Draft) -> None:
    fields = draft.fields
    if "currency" in fields and not draft.is_fed("currency"):
        draft.constants["currency"] = "{sender.currency}"
        draft.note("sure", "currency", "no such column: that of the sender in stores.csv")
    if "line_number" in fields and not draft.is_fed("line_number"):
        fill_line_number(draft)
    if draft.feed.name == "pos_order_lines":
        fill_order_lines(draft)
    if "tender" in fields:
        fill_tender(draft)
    if draft.feed.name == "pos_tenders":
        fill_tender_number(draft)
    if "entry_id_source" in fields and not draft.is_fed("entry_id_source"):
        column = draft.mapping.column("payment_id_source")
        if column:
            draft.derive["entry_id_source"] = f"[{column.name}]"
            draft.note(
                "unsure", "entry_id_source", f"no such column: {column.name}, as if a refund had a number of its own"
            )


def _ask_for_the_rest(draft: Draft) -> None:
    has_time = any(f.physicalType == "timestamp" for f in draft.feed.fields)
    for field in draft.feed.fields:
        derived = field.name == "business_date" and has_time
        if field.required and not derived and not draft.is_fed(field.name) and field.name not in draft.open_fields:
            draft.open_fields.append(field.name)
            allowed = f", one of {', '.join(field.allowed_values)}" if field.allowed_values else ""
            draft.note(
                "needs you", field.name, f"required, and no column gives it{allowed}: --map 'column={field.name}' or "
                f"--constant '{field.name}=value'"
            )  # fmt: skip
