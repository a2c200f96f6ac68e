"""What is derived from the feed contracts: dbt sources, landing suites, the docs page.

Each is committed, so that it can be read in place, and a test fails when it is stale.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from loopmart.contracts.feeds import Feed, load_feeds
from loopmart.contracts.sources import Source, load_sources
from loopmart.gates.landing_suites import describe_feed, render_landing_suites
from loopmart.settings import Settings

GENERATED = "written by `loopmart contracts render` from contracts/feeds; change it there"
LINEAGE_COLUMNS = {
    "sender_id": ("string", "Folder that the file came in by, a store or chain."),
    "_file_id": ("string", "Identity of the file in the ledger."),
    "_line": ("bigint", "Physical line of the file, 1-based; the row of a sheet."),
    "batch": ("string", "Batch that loaded the row."),
}


def render_all(settings: Settings) -> list[Path]:
    """Write every derived file; returns their paths."""
    derived = derive(settings)
    for path, text in derived.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(derived)


def find_stale(settings: Settings) -> list[str]:
    """Derived files that are missing or differ from what the contracts give, relative to the project."""
    return [
        path.relative_to(settings.project_dir).as_posix()
        for path, text in derive(settings).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def derive(settings: Settings) -> dict[Path, str]:
    """The text of every derived file."""
    feeds = load_feeds(settings.contracts_dir)
    sources = load_sources(settings.contracts_dir, feeds)
    suites = render_landing_suites(describe_feed(feed) for feed in feeds.values())
    return {
        settings.dbt_project_dir / "models" / "sources" / "bronze.yml": render_dbt_sources(list(feeds.values())),
        settings.project_dir / "docs" / "feeds.md": render_docs(list(feeds.values()), list(sources.values())),
        **{settings.expectations_dir / name: text for name, text in suites.items()},
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
                "hive_partitioning = true, hive_types_autocast = false)"
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


def render_docs(feeds: list[Feed], sources: list[Source]) -> str:
    """The docs page of all feeds, their fields, rules and sources."""
    parts = [f"<!-- {GENERATED} -->\n# Feeds\n\nWhat arrives, one canonical record each, whoever sends it.\n"]
    for feed in feeds:
        senders = [s for s in sources if s.feed == feed.name]
        parts.append(f"## {feed.name}\n\n{feed.description['purpose']}. {feed.grain} Key: {', '.join(feed.key)}.\n")
        parts.append("| field | type | required | what it is |\n|---|---|---|---|")
        parts.extend(
            f"| `{f.name}` | {f.physicalType} | {'yes' if f.required else ''} | {f.description}"
            f"{' Personal: kept as a token only.' if f.classification else ''} |"
            for f in feed.fields
        )
        if feed.row_rules:
            parts.append("\nA row is quarantined unless:\n")
            parts.extend(f"- `{r.name}`: {r.description} `{r.implementation}`" for r in feed.row_rules)
        parts.append("\nSources:\n")
        parts.extend(f"- `{s.source}`: {s.description}" for s in senders)
        parts.append("")
    return "\n".join(parts)
