"""What `loopmart source new` prints: decisions by how sure they are, the YAML, the first rows with people masked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from loopmart.contracts.sources import names_in
from loopmart.masks import mask, mask_text
from loopmart.onboard.draft import Draft, Level
from loopmart.onboard.people import personal_columns
from loopmart.rehearse import Rehearsal

ROWS = 5
PROBLEMS = 10
_TITLES: dict[Level, str] = {"sure": "[green]Sure[/]", "unsure": "[yellow]Unsure[/]", "needs you": "[red]Needs you[/]"}


def print_notes(console: Console, draft: Draft) -> None:
    """Each decision with the line, column or value that it rests on: sure, unsure, needs you."""
    console.print(f"\n[bold]{draft.name}[/] → feed [bold]{draft.feed.name}[/]", highlight=False)
    for level, title in _TITLES.items():
        notes = [note for note in draft.notes if note.level == level]
        console.print(f"\n{title} ({len(notes)})", highlight=False)
        for note in dict.fromkeys(notes):
            console.print(f"  {escape(note.about)}: {escape(mask_text(note.text))}", highlight=False, soft_wrap=True)


def print_contract(console: Console, text: str) -> None:
    """The YAML, as it would be written."""
    console.print("\n[bold]The contract[/]\n")
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def print_cells(console: Console, draft: Draft) -> None:
    """The first lines of the sample by column, where the contract cannot be tried out yet; people are masked."""
    personal = personal_columns(draft)
    columns = [c for c in draft.columns if c.cells]
    fields = {a.column.name: name for name, a in draft.mapping.taken.items()}
    table = _table("The first lines, as they stand there (not read yet: required fields are open)", ["column", "field"])
    lines = [line for line, _ in columns[0].cells[:ROWS]] if columns else []
    for line in lines:
        table.add_column(f"line {line}", overflow="fold")
    for column in columns:
        texts = [mask(t) if column.name in personal else mask_text(t) for _, t in column.cells[:ROWS]]
        table.add_row(escape(column.name), fields.get(column.name, ""), *map(escape, texts))
    console.print(table)


def print_rehearsal(console: Console, draft: Draft, rehearsal: Rehearsal) -> None:
    """What became of a sample under the new contract, and its first rows; people are masked."""
    for file in rehearsal.files:
        name = file["path"].partition("/")[2]
        counts = f"{file['loaded_rows']:,} rows loaded, {file['quarantined_rows']:,} quarantined, "
        counts += f"{file['filtered_rows']:,} filtered" if file["line_count"] else ""
        console.print(
            f"\n[bold]{escape(name)}[/] under the new contract, sent by {rehearsal.sender_id}: {file['status']}"
        )
        if file["line_count"]:
            console.print(f"  {counts}", highlight=False)
        for text in (file["reason"], file["remedy"]):
            if text:
                console.print(f"  {escape(text)}", highlight=False, soft_wrap=True)
        if file["status"] != "loaded":
            continue
        if file["control_amount"] is not None:
            console.print(
                f"  {draft.feed.control_amount}: {file['control_amount']:,} in the loaded rows", highlight=False
            )
        for row in rehearsal.quarantined_rows(file, PROBLEMS):
            where = f"line {row['_line']}" + (f", column {row['column_name']}" if row["column_name"] else "")
            found = f", found {mask_text(row['value'])!r}" if row["value"] else ""
            console.print(f"  {escape(where + found)}: {escape(row['reason'])}", highlight=False, soft_wrap=True)
        _print_rows(console, draft, rehearsal.loaded_rows(file, ROWS))


def _print_rows(console: Console, draft: Draft, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    table = _table("The first rows, as they would be read (people masked)", ["field"])
    for row in rows:
        table.add_column(f"line {row['_line']}", overflow="fold")
    for field in draft.feed.fields:
        if any(row.get(field.name) is not None for row in rows):
            shown = (_show(draft, field.name, row) for row in rows)
            table.add_row(field.name, *map(escape, shown))
    console.print(table)


def _show(draft: Draft, name: str, row: dict[str, Any]) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if draft.fields[name].token_of:
        feeding = [n for n, field in draft.plain.items() if field == name] + names_in(draft.derive.get(name, ""))
        texts = [dict(c.cells).get(row["_line"], "") for c in draft.columns if c.name in feeding]
        return " ".join(mask(text) for text in texts if text) or "(token)"
    return f"{value} UTC" if isinstance(value, datetime) else mask_text(str(value))


def _table(title: str, columns: list[str]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE, pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def print_written(console: Console, contract: Path, folder: Path, file_name: str) -> None:
    """What was written, and what a person has to do with it."""
    console.print(f"\nwrote {contract}", soft_wrap=True, highlight=False)
    console.print(f"wrote {folder / file_name} and expected.json", soft_wrap=True, highlight=False)
    console.print(
        "  Phones, names, cards, addresses, remarks and staff in it are invented, the same for the same person; "
        "look through the file yourself before you commit it\n"
        "  [bold]Its figures were read by Loopmart, not counted:[/] count them by hand in the file, then set "
        "counted_by_hand to true in expected.json; a test fails until then\n"
        "  Then `loopmart contracts render`, and commit what it writes",
        soft_wrap=True, highlight=False,
    )  # fmt: skip
