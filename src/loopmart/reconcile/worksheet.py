"""Worksheets: the open breaks of a store as a workbook, with cells for what is decided about each.

A filled worksheet comes back as a file in landing, which the source `reconciliation_decisions` reads; its headings are
those of that contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb
import xlsxwriter

from loopmart.durable import replace_file
from loopmart.errors import LoopmartError
from loopmart.reconcile.words import CLASSES, COLUMNS, DECISIONS, FILLED, GUIDE, SHEETS, TITLE
from loopmart.settings import Settings
from loopmart.show import open_published

Language = Literal["en", "zh"]
UNMAPPED = "unmapped"
"""Stands for the breaks of bill entries that name no store of ours."""
FIRST_DAY = date(2000, 1, 1)
LONGEST_INITIALS, LONGEST_NOTE = 16, 200
HEADER_ROW = 2  # below the title and the line that says how to fill it; xlsxwriter counts from 0

_BREAKS = """
    select breaks.* replace (coalesce(breaks.store_id, '') as store_id) from marts.payment_reconciliation as breaks
    where breaks.status = 'open' and breaks.class <> 'matched'
    order by breaks.store_id, breaks.business_date, breaks.payment_channel, breaks.class, breaks.reconciliation_id
"""


@dataclass(frozen=True)
class Worksheet:
    """A workbook that was written.

    Attributes:
        store_id: the store; `unmapped` where the bill names none.
        path: where it lies.
        break_count: its lines.
        differences: sum of difference_amount by currency.
    """

    store_id: str
    path: Path
    break_count: int
    differences: Mapping[str, Decimal]


def write_worksheets(
    settings: Settings, stores: Sequence[str], folder: Path, language: Language = "en"
) -> list[Worksheet]:
    """Write a workbook for each store that has open breaks in what is published.

    Args:
        settings: where it is published.
        stores: ids of stores, or `unmapped`; none for all that have open breaks.
        folder: where the workbooks go; it is made where there is none. They are called breaks_<store>_<day>.xlsx.
        language: of the headings, words and classes.

    Returns:
        What was written, by store; a store that is named and has no open break gets none.

    Raises:
        LoopmartError: nothing is published, a store is unknown, or a workbook lies there already.
    """
    with open_published(settings) as published:
        breaks, through, names = _read_breaks(published)
    unknown = sorted(set(stores) - set(names) - {UNMAPPED})
    if unknown:
        raise LoopmartError(
            f"--store {unknown[0]}: there is no such store; stores are {', '.join(sorted(names))}, and {UNMAPPED} for "
            "bill entries that name none"
        )
    by_store: dict[str, list[dict[str, Any]]] = {}
    for row in breaks:
        by_store.setdefault(row["store_id"] or UNMAPPED, []).append(row)
    chosen = [store for store in sorted(by_store) if not stores or store in stores]
    paths = {store: folder / f"breaks_{store}_{through}.xlsx" for store in chosen}
    for path in paths.values():
        if path.exists():
            raise LoopmartError(
                f"{path} is there already and may hold decisions; drop it into landing, move it, or take another --out"
            )
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(paths[store], store, names.get(store, ""), by_store[store], through, language) for store in chosen]


def _read_breaks(published: duckdb.DuckDBPyConnection) -> tuple[list[dict[str, Any]], date, dict[str, str]]:
    """Open breaks in the order of the worksheet, the last business date published, and the names of stores by id.

    Raises:
        LoopmartError: what is published was built before breaks were known.
    """
    try:
        found = published.execute(_BREAKS)
    except duckdb.CatalogException as error:
        raise LoopmartError("what is published has no payment_reconciliation yet; run `loopmart run`") from error
    names = [column[0] for column in found.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    (through,) = published.execute("select as_of_date from ops.publication").fetchone() or (None,)
    stores = dict(published.execute("select store_id, store_name from marts.stores").fetchall())
    return rows, through or max((row["business_date"] for row in rows), default=FIRST_DAY), stores


def _write(
    path: Path, store: str, name: str, rows: Sequence[Mapping[str, Any]], through: date, language: Language
) -> Worksheet:
    differences: dict[str, Decimal] = {}
    for row in rows:
        differences[row["currency"]] = differences.get(row["currency"], Decimal(0)) + row["difference_amount"]
    sums = ", ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(differences.items()))
    title = TITLE[language].format(store=f"{store} {name}".strip(), count=len(rows), through=through, sums=sums)
    aside = path.with_name(f".{path.name}.new")
    with xlsxwriter.Workbook(str(aside), {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        workbook.set_properties({"created": datetime(through.year, through.month, through.day)})  # no clock in the file
        _fill_sheet(workbook, SHEETS[language][0], title, rows, language)
        _fill_guide(workbook, SHEETS[language][1], language)
    replace_file(aside, path)
    return Worksheet(store, path, len(rows), differences)


def _fill_sheet(
    workbook: xlsxwriter.Workbook, name: str, title: str, rows: Sequence[Mapping[str, Any]], language: Language
) -> None:
    sheet = workbook.add_worksheet(name)
    bold, head = (workbook.add_format({"bold": True, **more}) for more in ({"font_size": 13}, {"bottom": 1}))
    fixed = {
        kind: workbook.add_format({"num_format": form, "valign": "top"})
        for kind, form in (("text", "@"), ("amount", "#,##0.00"), ("date", "yyyy-mm-dd"), ("number", "0"))
    }
    open_cell = {
        kind: workbook.add_format({"num_format": form, "bg_color": "#FFF8DC", "border": 1, "locked": False})
        for kind, form in (("text", "@"), ("date", "yyyy-mm-dd"))
    }
    sheet.write_string(0, 0, title, bold)
    sheet.write_string(1, 0, GUIDE[language][0])
    last = HEADER_ROW + len(rows)
    for number, column in enumerate(COLUMNS):
        sheet.set_column(number, number, column.width)
        sheet.write_string(HEADER_ROW, number, column.headings[language], head)
        for line, row in enumerate(rows, start=HEADER_ROW + 1):
            if column.name in FILLED:
                sheet.write_blank(line, number, None, open_cell[column.kind])
                continue
            value = row[column.name]
            if value is None:
                continue
            if column.kind == "amount":
                sheet.write_number(line, number, value, fixed["amount"])
            elif column.kind == "number":
                sheet.write_number(line, number, int(value), fixed["number"])
            elif column.kind == "date":
                sheet.write_datetime(line, number, value, fixed["date"])
            else:
                text = CLASSES[value][language][0] if column.name == "class" else str(value)
                sheet.write_string(line, number, text, fixed["text"])
        if column.name in FILLED:
            sheet.data_validation(HEADER_ROW + 1, number, last, number, _validate(column.name, language))
    sheet.freeze_panes(HEADER_ROW + 1, 1)
    sheet.autofilter(HEADER_ROW, 0, last, len(COLUMNS) - 1)
    sheet.protect("", {"autofilter": True, "sort": True, "format_columns": True, "select_locked_cells": True})
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER_ROW)


def _validate(column: str, language: Language) -> dict[str, Any]:
    """What Excel lets a person write into a cell; the contract checks it again."""
    said = {"error_title": column, "error_message": GUIDE[language][FILLED[column]]}
    if column == "decision":
        return {"validate": "list", "source": [words[language] for words in DECISIONS.values()], **said}
    if column == "decided_on":
        return {"validate": "date", "criteria": ">=", "value": FIRST_DAY, **said}
    longest = LONGEST_INITIALS if column == "decided_by" else LONGEST_NOTE
    return {"validate": "length", "criteria": "<=", "value": longest, **said}


def _fill_guide(workbook: xlsxwriter.Workbook, name: str, language: Language) -> None:
    """The second sheet: how to fill the first, and what the classes mean."""
    sheet = workbook.add_worksheet(name)
    bold, wrapped = workbook.add_format({"bold": True}), workbook.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    line = 0
    for text in GUIDE[language]:
        sheet.write_string(line, 1, text, wrapped)
        line += 1
    for word, meaning in (words[language] for words in CLASSES.values()):
        sheet.write_string(line + 1, 0, word, bold)
        sheet.write_string(line + 1, 1, meaning, wrapped)
        line += 1
