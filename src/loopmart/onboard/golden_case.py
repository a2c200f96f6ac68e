"""A golden case of a sample: the file with invented people, and what a reading of it gave."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from loopmart.errors import LoopmartError
from loopmart.ingest.json_records import is_json
from loopmart.onboard.draft import Draft
from loopmart.onboard.layout import Layout
from loopmart.onboard.people import Substitutes, personal_columns
from loopmart.onboard.samples import Line

MAX_LINES = 500
"""A case is read by people; a longer sample makes none."""
TO_CONFIRM = "Figures of a reading by Loopmart itself: count them by hand in the file, then set counted_by_hand to true"


def write_bill(draft: Draft) -> tuple[str, str]:
    """The first sample with every personal value replaced by an invented one.

    Returns:
        (file name, text): `bill.csv`, or `bill.json`.

    Raises:
        LoopmartError: the sample is too long to be counted by hand.
    """
    layout = draft.layouts[0]
    if len(layout.table.lines) > MAX_LINES:
        raise LoopmartError(
            f"{layout.table.name} has {len(layout.table.lines):,} lines, a golden case at most {MAX_LINES}: nobody "
            "would count it by hand. Give a sample of one day"
        )
    substitutes = Substitutes()
    kinds = personal_columns(draft)
    if layout.table.form == "json":
        return "bill.json", _rewrite_json(layout, kinds, substitutes)
    data = {line.number for line in [*layout.data, *layout.totals, *layout.ragged]}
    rows = []
    for line in layout.table.lines:
        if line.number in data:
            rows.append(_rewrite_line(line, layout, kinds, substitutes))
        elif layout.table.form == "text":
            rows.append(substitutes.replace_in(line.text))
        else:
            rows.append(_join(list(line.cells), layout))
    return "bill.csv", "\n".join(rows) + "\n"


def _rewrite_line(line: Line, layout: Layout, kinds: dict[str, str], substitutes: Substitutes) -> str:
    cells = []
    for position, text in enumerate(line.cells):
        kind = kinds.get(layout.header[position]) if position < len(layout.header) else None
        is_record = line in layout.data
        cells.append(substitutes.replace(text, kind) if kind and is_record else substitutes.replace_in(text))
    return _join(cells, layout, is_guarded=layout.table.is_guarded and line.text.startswith("`"))


def _join(cells: list[str], layout: Layout, *, is_guarded: bool = False) -> str:
    if is_guarded:
        return "`" + ",`".join(cells)
    out = io.StringIO()
    csv.writer(out, delimiter=layout.table.delimiter, lineterminator="").writerow(cells)
    return out.getvalue()


def _rewrite_json(layout: Layout, kinds: dict[str, str], substitutes: Substitutes) -> str:
    """The document with the values of personal keys replaced, wherever they stand in it."""
    if not is_json(layout.table.content):
        raise LoopmartError(f"{layout.table.name} is no JSON")

    def walk(value: Any, path: str) -> Any:
        if isinstance(value, dict):
            return {key: walk(inner, f"{path}.{key}" if path else key) for key, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner, "") for inner in value]
        kind = kinds.get(path)
        if isinstance(value, bool) or value is None or isinstance(value, float):
            return value
        if kind:
            replaced = substitutes.replace(str(value), kind)
            return int(replaced) if isinstance(value, int) and replaced.isdigit() else replaced
        return substitutes.replace_in(value) if isinstance(value, str) else value

    text = layout.table.content.decode("utf-8-sig")
    documents = [text] if _is_one_document(text) else [line for line in text.splitlines() if line.strip()]
    return "\n".join(json.dumps(walk(json.loads(d), ""), ensure_ascii=False) for d in documents) + "\n"


def _is_one_document(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return False
    return True


def write_expected(draft: Draft, file: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """What a reading of the bill gave, as the expectation of a case that a person has to confirm.

    Args:
        file: the ledger's row of the bill.
        rows: its loaded rows, in the order of the file.
    """
    names = [f.name for f in draft.feed.fields if not f.token_of]  # a token depends on the installation's key
    dates = sorted({str(row[draft.feed.business_date]) for row in rows}) if draft.feed.business_date else []
    expected: dict[str, Any] = {"counted_by_hand": False, "to_confirm": TO_CONFIRM, "source": draft.name}
    expected |= {name: file[name] for name in ("filtered_rows", "quarantined_rows") if file[name]}
    if file["control_amount"] is not None:
        expected["control_amount"] = f"{file['control_amount']}"
    if file["reason"]:
        expected["reason"] = file["reason"]
    if draft.form == "workbook":
        expected["xlsx"] = True
    expected["rows"] = [{n: None if row[n] is None else str(row[n]) for n in names} for row in rows]
    if dates:
        expected["business_dates"] = dates
    return json.dumps(expected, ensure_ascii=False, indent=1) + "\n"


def case_folder(project: Path, name: str) -> Path:
    """Where the case of a source lies."""
    return project / "tests" / "golden" / name
