"""The quarantine as a person works through it: what is wrong where, the lines themselves, and what a replay cleared."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.markup import escape

from loopmart.contracts.catalogue import load_catalogue
from loopmart.errors import LoopmartError
from loopmart.ingest.run import replay_quarantine
from loopmart.landing_lines import LandingFile, open_landing_file
from loopmart.ledger.store import Ledger
from loopmart.settings import Settings

MAX_LINES_NAMED = 12
_PLAIN: Any = {"highlight": False, "soft_wrap": True}
_QUERY = """
    select f.path, q._file_id, f.source, q._line, q.column_name, q.value, q.rule, q.reason, q.remedy, q.amount
    from read_parquet('{quarantine}/*/batch=*/*.parquet', hive_partitioning = true,
        hive_types = {{'batch': varchar}}, union_by_name = true) q
    join ledger f on f.batch_id = q.batch and f.file_id = q._file_id
    where starts_with(q._file_id, ?) order by f.path, q._line
"""
_EXPORTED = ("path", "line", "column", "value", "rule", "reason", "remedy", "amount", "text", "file_id")


def print_quarantine(settings: Settings, console: Console) -> None:
    """Refused rows by file, column and rule; what most rows have comes first."""
    groups = _group(read_quarantine(settings))
    for group in groups:
        first = group[0]
        where = f", column {first['column_name']}" if first["column_name"] else ""
        many = f"line {first['_line']}" if len(group) == 1 else f"{len(group):,} lines: {_name_lines(group)}"
        console.print(f"{first['_file_id'][:12]}  [bold]{escape(first['path'])}[/], {many}{escape(where)}", **_PLAIN)
        print_reason(console, first["reason"], first["remedy"])
    files = {row["_file_id"] for group in groups for row in group}
    console.print(f"{sum(map(len, groups)):,} rows in quarantine, in {len(files):,} files that count")


def print_quarantined_rows(settings: Settings, console: Console, file_id: str, limit: int) -> None:
    """The refused rows of one file, each with its line as it stands in landing, the cell to blame marked.

    Cells that hold people, or that nothing needs, are masked.

    Raises:
        LoopmartError: no refused row in such a file.
    """
    rows = read_quarantine(settings, file_id)
    if not rows:
        raise LoopmartError(
            f"no quarantined row in a file whose id begins with {file_id!r}; `loopmart quarantine list` shows "
            "which have some, `loopmart files --status refused` those that were refused as a whole, with the reason"
        )
    sources = load_catalogue(settings).sources
    files: dict[str, LandingFile] = {}
    for row in rows[:limit] if limit else rows:
        where = f", column {row['column_name']}" if row["column_name"] else ""
        found = f", found {row['value']!r}" if row["value"] is not None else ""
        console.print(f"[bold]{escape(row['path'])}, line {row['_line']}{escape(where + found)}[/]", **_PLAIN)
        print_reason(console, row["reason"], row["remedy"])
        if row["path"] not in files:
            files[row["path"]] = open_landing_file(settings, row["path"], sources[row["source"]])
        shown = " | ".join(
            f"[reverse]»{escape(text)}«[/]" if is_to_blame else escape(text)
            for text, is_to_blame in files[row["path"]].show_line(row["_line"], row["column_name"])
        )
        console.print(f"      {shown}", **_PLAIN)
    if limit and len(rows) > limit:
        console.print(f"… and {len(rows) - limit:,} more; --limit 0 shows all")


def export_quarantine(settings: Settings, console: Console, out: Path) -> None:
    """Write the refused rows as a CSV that spreadsheet programs open as it is: byte order mark, numbers kept as texts.

    The text of each line is in it, with people masked.
    """
    rows = read_quarantine(settings)
    sources = load_catalogue(settings).sources
    files: dict[str, LandingFile] = {}
    with out.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(_EXPORTED)
        for row in rows:
            if row["path"] not in files:
                files[row["path"]] = open_landing_file(settings, row["path"], sources[row["source"]])
            text = " | ".join(t for t, _ in files[row["path"]].show_line(row["_line"], row["column_name"]))
            cells = (row["path"], row["_line"], row["column_name"], row["value"], row["rule"], row["reason"],
                     row["remedy"], row["amount"], text, row["_file_id"])  # fmt: skip
            writer.writerow([_keep_text(cell) if isinstance(cell, str) else cell for cell in cells])
    console.print(f"{len(rows):,} rows written to {out}", soft_wrap=True)


def replay(settings: Settings, console: Console, file_id: str = "") -> None:
    """Read files with refused rows once more, and say which lines were cleared, and which remain and why."""
    before = read_quarantine(settings, file_id)
    if not before:
        console.print("nothing is in quarantine" + (f" in a file whose id begins with {file_id!r}" if file_id else ""))
        return
    reports = replay_quarantine(settings, file_id)
    remaining = read_quarantine(settings, file_id)
    after = {(row["_file_id"], row["_line"]) for row in remaining}
    statuses = {f["file_id"]: f for f in Ledger(settings.ledger_url).files() if f["status"] != "duplicate"}
    for path, rows in _by_path(before).items():
        file = statuses[rows[0]["_file_id"]]
        cleared = [row for row in rows if (row["_file_id"], row["_line"]) not in after]
        console.print(f"{rows[0]['_file_id'][:12]}  [bold]{escape(path)}[/]", **_PLAIN)
        if file["status"] != "loaded":
            console.print(f"    now {file['status']}: {escape(file['reason'] or '')}", **_PLAIN)
            continue
        told = f"{len(cleared):,} lines cleared, they count now: {_name_lines(cleared)}"
        console.print(f"    {told if cleared else 'no line cleared'}", **_PLAIN)
        for group in _group([row for row in remaining if row["path"] == path]):
            where = f", column {group[0]['column_name']}" if group[0]["column_name"] else ""
            console.print(f"    {len(group):,} remain: {_name_lines(group)}{escape(where)}", **_PLAIN)
            print_reason(console, group[0]["reason"], group[0]["remedy"])
    loaded = sum(report.rows_loaded for report in reports)
    console.print(
        f"{len(before) - len(remaining):,} of {len(before):,} rows left the quarantine, {len(remaining):,} remain; "
        f"{loaded:,} rows of these files count"
    )


def read_quarantine(settings: Settings, file_id: str = "") -> list[dict[str, Any]]:
    """Refused rows of files that count, in the order of path and line.

    Raises:
        LoopmartError: nothing was ingested yet.
    """
    active = settings.manifest_dir / "active_files.parquet"
    if not active.exists():
        raise LoopmartError("nothing was ingested yet; put files into landing and run `loopmart ingest`")
    if not any(settings.quarantine_dir.glob("*/batch=*/*.parquet")):
        return []
    with duckdb.connect() as engine:
        engine.execute(f"create view ledger as from read_parquet('{active}')")
        found = engine.execute(_QUERY.format(quarantine=settings.quarantine_dir), [file_id])
        names = [d[0] for d in found.description or []]
        return [dict(zip(names, values, strict=True)) for values in found.fetchall()]


def print_reason(console: Console, reason: str | None, remedy: str | None) -> None:
    """A reason and what to do, each in a line of its own."""
    for mark, text in ((" ", reason), ("→", remedy)):
        if text:
            console.print(f"    {mark} {escape(text)}", **_PLAIN)


def _group(rows: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["path"], row["column_name"] or "", row["rule"]].append(row)
    return sorted(groups.values(), key=len, reverse=True)


def _by_path(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    paths: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        paths[row["path"]].append(row)
    return paths


def _name_lines(rows: Sequence[dict[str, Any]]) -> str:
    numbers = [str(row["_line"]) for row in rows]
    more = f" and {len(numbers) - MAX_LINES_NAMED:,} more" if len(numbers) > MAX_LINES_NAMED else ""
    return ", ".join(numbers[:MAX_LINES_NAMED]) + more


def _keep_text(text: str) -> str:
    """A text that no spreadsheet program takes for a formula, a date or a number whose digits it would drop."""
    is_formula = text[:1] in ("=", "+", "@", "\t") or (text[:1] == "-" and not text[1:].replace(".", "").isdigit())
    is_number_to_keep = bool(re.fullmatch(r"0\d+|\d{12,}|\d+[eE]\d+", text))
    return f"'{text}" if is_formula or is_number_to_keep else text
