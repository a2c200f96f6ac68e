"""What is written from one place and committed, so that it can be read where people look for it.

From contracts/feeds come the dbt source, the landing suites and docs/feeds.md; from the yml beside each mart
and from docs/questions comes docs/marts.md; from the DAG files comes docs/dags.md. A test fails when one is stale.
"""

from __future__ import annotations

from pathlib import Path

from loopmart.contracts.feeds import load_feeds
from loopmart.contracts.sources import load_sources
from loopmart.derived.dags import render_dags
from loopmart.derived.feeds import render_dbt_sources, render_feeds
from loopmart.derived.marts import read_questions, read_tables, render_marts
from loopmart.gates.landing_suites import describe_feed, render_landing_suites
from loopmart.settings import Settings


def render_all(settings: Settings) -> list[Path]:
    """Write every derived file; returns their paths."""
    derived = derive(settings)
    for path, text in derived.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(derived)


def find_stale(settings: Settings) -> list[str]:
    """Derived files that are missing or differ from what they are derived from, relative to the project."""
    return [
        path.relative_to(settings.project_dir).as_posix()
        for path, text in derive(settings).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def derive(settings: Settings) -> dict[Path, str]:
    """The text of every derived file.

    Raises:
        ContractError: a contract, a mart's yml, a file of questions or a DAG file cannot be read as one.
    """
    feeds = load_feeds(settings.contracts_dir)
    sources = load_sources(settings.contracts_dir, feeds)
    suites = render_landing_suites(describe_feed(feed) for feed in feeds.values())
    docs = settings.project_dir / "docs"
    marts = read_tables(sorted((settings.dbt_project_dir / "models" / "marts").glob("*.yml")))
    return {
        settings.dbt_project_dir / "models" / "sources" / "bronze.yml": render_dbt_sources(list(feeds.values())),
        **{settings.expectations_dir / name: text for name, text in suites.items()},
        docs / "feeds.md": render_feeds(list(feeds.values()), list(sources.values())),
        docs / "marts.md": render_marts(marts, read_tables([docs / "ops.yml"]), read_questions(docs / "questions")),
        docs / "dags.md": render_dags(settings.project_dir / "dags"),
    }
