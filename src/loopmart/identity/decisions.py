"""Reviewed decisions: a CSV that people read and commit, with a line per veto, link or split."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from loopmart.durable import replace_file
from loopmart.errors import LoopmartError
from loopmart.identity.rules import TYPES

COLUMNS = ("decided_on", "decision", "a", "b", "decided_by", "reason")
DECISIONS = ("veto", "link", "split")
_IDENTIFIER = re.compile(r"([a-z_]+):([^:]*):([0-9a-f]{32})")


@dataclass(frozen=True)
class Decision:
    """One line of the file.

    Attributes:
        decided_on: from this day on it holds.
        decision: veto (a and b are never one), link (they are one) or split (a leaves; evidence before this day does
            not count at a).
        a: token of an identifier.
        b: token of the other; empty for a split.
        decided_by: who answers for it.
        reason: why.
        line: its line in the file.
        names: a and b as they stand there, type:issuer:token.
    """

    decided_on: date
    decision: str
    a: str
    b: str
    decided_by: str
    reason: str
    line: int
    names: tuple[str, str]


def read_decisions(path: Path | None) -> list[Decision]:
    """The decisions in the order in which they hold: by day, then by line. No file, no decisions.

    Raises:
        LoopmartError: a line is wrong; file, line, column and value are named.
    """
    if path is None or not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise LoopmartError(f"{path}, line 1: the header is {reader.fieldnames}; write {','.join(COLUMNS)}")
        found = [_read(path, reader.line_num, row) for row in reader]
    return sorted(found, key=lambda decision: (decision.decided_on, decision.line))


def append_decision(path: Path, decided_on: date, decision: str, a: str, b: str, decided_by: str, reason: str) -> None:
    """Write one more line; the file is replaced as a whole, so that a reader never sees half a line.

    Args:
        path: the file; it is made where there is none.
        decided_on: the day from which it holds.
        decision: veto, link or split.
        a: identifier as type:issuer:token.
        b: the other; empty for a split.
        decided_by: who answers for it.
        reason: why.

    Raises:
        LoopmartError: the line would be wrong, or the file already is.
    """
    read_decisions(path)
    text = path.read_text(encoding="utf-8-sig") if path.exists() else ",".join(COLUMNS) + "\n"
    values = [decided_on.isoformat(), decision, a, b, *(" ".join(said.split()) for said in (decided_by, reason))]
    line = len(text.splitlines()) + 1
    _read(path, line, dict(zip(COLUMNS, values, strict=True)))
    cells = ['"' + value.replace('"', '""') + '"' if re.search('[",]', value) else value for value in values]
    aside = path.with_name(path.name + ".new")
    aside.write_text(text + ("" if text.endswith("\n") else "\n") + ",".join(cells) + "\n", encoding="utf-8")
    replace_file(aside, path)


def _read(path: Path, line: int, row: dict[str, str]) -> Decision:
    def refuse(column: str, remedy: str) -> LoopmartError:
        return LoopmartError(f"{path}, line {line}, column {column}: {row.get(column)!r}; {remedy}")

    if None in row or None in row.values():
        raise LoopmartError(f"{path}, line {line}: not {len(COLUMNS)} cells; quote what has a comma in it")
    try:
        decided_on = date.fromisoformat(row["decided_on"])
    except ValueError as error:
        raise refuse("decided_on", "write the day as 2026-01-31") from error
    if row["decision"] not in DECISIONS:
        raise refuse("decision", f"write one of {', '.join(DECISIONS)}")
    tokens = {}
    for column in ("a", "b"):
        if column == "b" and row["decision"] == "split":
            if row["b"]:
                raise refuse("b", "leave it empty: a split concerns a alone; a veto keeps two apart")
            tokens["b"] = ""
            continue
        parts = _IDENTIFIER.fullmatch(row[column])
        if not parts or parts[1] not in TYPES:
            raise refuse(
                column, f"write type:issuer:token, the type one of {', '.join(TYPES)}, the token 32 hex digits"
            )
        tokens[column] = parts[3]
    if tokens["a"] == tokens["b"]:
        raise refuse("b", "name another identifier than a")
    for column in ("decided_by", "reason"):
        if not row[column].strip():
            raise refuse(column, "say who decided and why, so that somebody can ask")
    names = (row["a"], row["b"])
    return Decision(
        decided_on, row["decision"], tokens["a"], tokens["b"], row["decided_by"], row["reason"], line, names
    )
