"""From the feed contracts: the dbt source `bronze`, and the docs page of what may arrive."""

from __future__ import annotations

import yaml

from loopmart.contracts.feeds import Feed
from loopmart.contracts.sources import Source
from loopmart.derived.markdown import render_list, render_table

GENERATED = "written by `loopmart contracts render` from contracts/feeds; change it there"
LINEAGE_COLUMNS = {
    "sender_id": ("string", "Folder that the file came in by, a store or chain."),
    "_file_id": ("string", "Identity of the file in the ledger."),
    "_line": ("bigint", "Physical line of the file, 1-based; the row of a sheet."),
    "batch": ("string", "Batch that loaded the row."),
}


def render_dbt_sources(feeds: list[Feed]) -> str:
    """The dbt source `bronze`: one table a feed, read from the lake's Parquet."""
    source = {
        "name": "bronze",
        "description": "Typed rows of the lake, one folder a feed. A row counts only while its file is in "
        "lake.active_files.",
        "schema": "bronze",
        "config": {
            "meta": {
                "external_location": "read_parquet('{{ env_var(\"LOOPMART_LAKE\") }}/bronze/{name}/batch=*/*.parquet', "
                "hive_partitioning = true, hive_types_autocast = false, union_by_name = true)"
            }
        },
        "tables": [_describe_table(feed) for feed in feeds],
    }
    body = yaml.safe_dump({"sources": [source]}, sort_keys=False, allow_unicode=True, width=110)
    return f"# {GENERATED}\n{body}"


def _describe_table(feed: Feed) -> dict[str, object]:
    columns = [
        {"name": f.name, "data_type": _portable(f.physicalType), "description": f.description} for f in feed.fields
    ]
    lineage = [{"name": n, "data_type": t, "description": d} for n, (t, d) in LINEAGE_COLUMNS.items()]
    return {"name": feed.name, "description": feed.grain, "columns": [*columns, *lineage]}


def _portable(kind: str) -> str:
    return "string" if kind == "varchar" else kind


def render_feeds(feeds: list[Feed], sources: list[Source]) -> str:
    """The docs page of all feeds, their fields, rules and sources."""
    parts = [
        f"<!-- {GENERATED} -->\n# Feeds\n\nWhat arrives, one canonical record each, whoever sends it. A "
        "row is quarantined unless its times and its business date lie between the year 2000 and tomorrow, and every "
        "other date after the year 2000.\n"
    ]
    for feed in feeds:
        parts.append(f"## {feed.name}\n\n{feed.description['purpose']}. {feed.grain} Key: {', '.join(feed.key)}.\n")
        rows = (
            (
                f"`{f.name}`",
                f.physicalType,
                "yes" if f.required else "",
                f"{f.description}{' Personal: kept as a token only.' if f.classification else ''}",
            )
            for f in feed.fields
        )
        parts.append(render_table(("field", "type", "required", "what it is"), rows))
        if feed.row_rules:
            rules = (f"`{r.name}`: {r.description} `{r.implementation}`" for r in feed.row_rules)
            parts.append(f"A row is quarantined unless:\n\n{render_list(rules)}")
        senders = (f"`{s.source}`: {s.description}" for s in sources if s.feed == feed.name)
        parts.append(f"Sources:\n\n{render_list(senders)}")
    return "\n".join(parts)
