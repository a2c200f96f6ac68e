"""A draft as the YAML of a source contract, in the form of those that people write."""

from __future__ import annotations

import textwrap
from typing import Any

import yaml

from loopmart.onboard.draft import Draft

WIDTH = 118
TO_DO = "# TO DO"
"""Marks what the contract cannot do without, and nothing gives yet."""


def write_contract(draft: Draft) -> str:
    """The YAML of a draft; a required field that nothing feeds stands in it as a comment."""
    ignored = [c.name for c in draft.columns if c.name not in draft.plain]
    parts = [f"source: {_scalar(draft.name)}", f"feed: {draft.feed.name}", _folded("description", _describe(draft))]
    parts += _write_form(draft)
    if draft.trailer:
        parts.append(f"trailer: {_flow(draft.trailer, 2)}")
    for key, entries in (("promises", draft.promises), ("filters", draft.filters)):
        if entries:
            parts.append(f"{key}:\n" + "\n".join("  - " + _flow(entry, 4) for entry in entries))
    for key, value in (("empty", draft.empty), ("stores", draft.stores)):
        if value:
            parts.append(f"{key}: {_flow(value, 2)}")
    parts.append(_block("columns", draft.plain) if draft.plain else "columns: {}")
    if draft.derive:
        parts.append("derive:\n" + "\n".join(_folded(name, sql, indent=2) for name, sql in draft.derive.items()))
    for key, pairs in (("constants", draft.constants), ("formats", draft.formats)):
        if pairs:
            parts.append(f"{key}: {_flow(dict(pairs), 2)}")
    if ignored:
        parts.append(f"ignored:\n  {_flow(ignored, 2)}")
    parts.append(f"period: {_flow(draft.period, 2)}")
    parts += [f"{TO_DO}: {name}: {_wanted(draft, name)}" for name in dict.fromkeys(draft.open_fields)]
    return "\n".join(parts) + "\n"


def _write_form(draft: Draft) -> list[str]:
    """The keys that say how a file is split, and its headers."""
    table = draft.layouts[0].table
    parts = [f"format: {'json' if draft.form == 'json' else 'table'}"]
    if draft.form in ("text", "workbook"):
        encodings = ["utf-8", "gb18030"] + ["utf-16"] * any(lo.table.encoding == "utf-16" for lo in draft.layouts)
        parts.append(f"encodings: [{', '.join(encodings)}]")
    if table.delimiter != ",":
        parts.append(f"delimiter: {_scalar(table.delimiter)}")
    if table.is_guarded:
        parts += ['data_delimiter: ",`"', 'line_prefix: "`"']
    if table.records:
        parts.append(f"records: {_scalar(table.records)}")
    headers, optional = headers_of(draft)
    parts.append("header:\n" + "\n".join("  - " + _flow(header, 4) for header in headers))
    if optional:
        parts.append(f"optional:\n  {_flow(optional, 2)}")
    return parts


def headers_of(draft: Draft) -> tuple[list[list[str]], list[str]]:
    """(headers, optional): each different header of the samples; in JSON the keys of all, and those of some."""
    if draft.form == "json":
        always = [c.name for c in draft.columns if all(text for _, text in c.cells)]
        always = always or [draft.columns[0].name]
        return [always], [c.name for c in draft.columns if c.name not in always]
    headers: list[list[str]] = []
    for layout in draft.layouts:
        header = [name for name in layout.header if name]
        if header not in headers:
            headers.append(header)
    return headers, []


def _describe(draft: Draft) -> str:
    unsure = list(dict.fromkeys(note.about for note in draft.notes if note.level == "unsure"))
    told = f"; unverified: {', '.join(unsure)}" if unsure else ""
    return f"Proposed from {len(draft.layouts)} sample(s), not yet checked by a person{told}."


def _wanted(draft: Draft, name: str) -> str:
    field = draft.fields[name]
    values = f", one of {', '.join(field.allowed_values)}" if field.allowed_values else ""
    return f"{field.description.rstrip('.')}{values}"


def _scalar(value: Any) -> str:
    return yaml.safe_dump(value, allow_unicode=True, width=10_000).removesuffix("\n").removesuffix("\n...")


def _flow(value: Any, indent: int) -> str:
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=WIDTH - 30, sort_keys=False)
    return text.rstrip("\n").replace("\n", "\n" + " " * indent)


def _block(key: str, pairs: dict[str, str]) -> str:
    return f"{key}:\n" + textwrap.indent(
        yaml.safe_dump(pairs, allow_unicode=True, sort_keys=False, width=10_000).rstrip(), "  "
    )


def _folded(key: str, text: str, indent: int = 0) -> str:
    """A long text over several lines; only single blanks become line ends, so that YAML joins it to the same text."""
    margin = " " * indent
    if "  " in text or "\t" in text or text != text.strip():
        return f"{margin}{key}: {_scalar(text)}"
    lines = textwrap.wrap(text, WIDTH - indent - 2, break_long_words=False, break_on_hyphens=False)
    return f"{margin}{key}: >-\n" + "\n".join(f"{margin}  {line}" for line in lines)
