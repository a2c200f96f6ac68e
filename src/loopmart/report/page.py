"""Write the morning page: one self-contained HTML file per language, from the published file alone.

Nothing on the page depends on the clock or the machine: the same file gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from loopmart.report import charts, headline
from loopmart.report.facts import Facts, Row, read_facts
from loopmart.report.svg import draw_sparkline
from loopmart.report.words import LANGUAGES, Words

FILE_NAMES = {"en": "index.html", "zh": "index.zh.html"}
CAMPAIGNS_OPEN = 8
UNKNOWN_CURRENCY = "XXX"


def render_report(marts_path: Path, out_dir: Path) -> list[Path]:
    """Write `index.html` (English) and `index.zh.html` (Chinese) to `out_dir` and return both paths.

    Args:
        marts_path: the published DuckDB file with schemas `marts` and `ops`; read-only, and not open for
            writing in this process.
        out_dir: made if it is not there; each page replaces its predecessor in one step.

    Raises:
        ReportError: the file is absent or lacks a table or column that the page needs.
    """
    facts = read_facts(marts_path)
    out_dir.mkdir(parents=True, exist_ok=True)
    paths = []
    for language in LANGUAGES:
        path = out_dir / FILE_NAMES[language]
        aside = path.with_name(f".{path.name}.new")
        aside.write_text(render_page(facts, language), encoding="utf-8", newline="\n")
        aside.replace(path)
        paths.append(path)
    return paths


def render_page(facts: Facts, language: str) -> str:
    """Return the page of one language as HTML."""
    published = facts["publication"][0]
    words = Words(language, published["currency"] or UNKNOWN_CURRENCY)
    has_sales = published["as_of_date"] is not None and facts["headline"][0]["order_count"] > 0
    shared = find_shared_reasons([*facts["campaigns"], *facts["channels"]])
    context: dict[str, Any] = {name: getattr(words, name) for name in _PUBLIC_WORDS}
    context |= {
        "facts": facts,
        "texts": words.texts,
        "language": language,
        "other_page": next(name for code, name in FILE_NAMES.items() if code != language),
        "other_language": next(code for code in LANGUAGES if code != language),
        "published": published,
        "headline": facts["headline"][0],
        "gaps": facts["completeness"][0],
        "has_sales": has_sales,
        "notices": headline.list_notices(facts, words),
        "cohorts": build_cohort_grid(facts["cohorts"]),
        "campaigns": group_campaigns(facts["campaigns"]),
        "shared_reasons": shared,
        "own_reasons": lambda row: [
            reason for reason in split_reasons(row) if reason not in shared.get((row["kind"], row["verdict"]), ())
        ],
        "place": break_path,
        "campaigns_open": CAMPAIGNS_OPEN,
        "sparkline": lambda row: _draw_store_line(row, words),
        "charts": dict.fromkeys(charts.PLANS),
    }
    if has_sales:
        context |= {
            "charts": context["charts"] | charts.draw_charts(facts, words),
            "sentences": headline.compose_sentences(facts, words),
            "tiles": headline.compose_tiles(facts, words),
            "comparison_note": headline.compose_comparison_note(facts, words),
        }
    return _environment().get_template("page.html.j2").render(context)


def build_cohort_grid(cohorts: Sequence[Row]) -> Mapping[str, Any]:
    """Return one line per cohort month with a cell for each month since; None where nothing can be known yet."""
    width = max((row["months_since"] for row in cohorts), default=-1) + 1
    lines = []
    for month, rows in groupby(cohorts, key=lambda row: row["cohort_month"]):
        cells = {row["months_since"]: row for row in rows}
        size = next(iter(cells.values()))["member_count"]
        lines.append({"month": month, "member_count": size, "cells": [cells.get(since) for since in range(width)]})
    return {"width": width, "lines": lines, "has_open": any(row["is_open"] for row in cohorts)}


def group_campaigns(rows: Sequence[Row]) -> Mapping[str, Sequence[Sequence[Row]]]:
    """Return each campaign's rows side by side, the latest first, for `allocation`, `comparison` and `measurement`."""
    grouped: dict[str, list[list[Row]]] = {"allocation": [], "comparison": [], "measurement": []}
    for kind, blocks in grouped.items():
        chosen = [row for row in rows if row["kind"] == kind]
        blocks += [list(block) for _, block in groupby(chosen, key=lambda row: row["campaign_id"])]
    return grouped


def find_shared_reasons(rows: Sequence[Row]) -> Mapping[tuple[str, str], Sequence[str]]:
    """Return, by kind and verdict, the reasons that all its rows give: the page says these once, above the table."""
    given: dict[tuple[str, str], list[list[str]]] = {}
    for row in rows:
        given.setdefault((row["kind"], row["verdict"]), []).append(split_reasons(row))
    shared = {
        key: [reason for reason in rows_of[0] if all(reason in others for others in rows_of)]
        for key, rows_of in given.items()
        if len(rows_of) > 1
    }
    return {key: reasons for key, reasons in shared.items() if reasons}


def split_reasons(row: Row) -> list[str]:
    """Return the reasons of a verdict one by one; the marts join them with a semicolon."""
    return [reason for reason in (row["verdict_reason"] or "").split("; ") if reason]


def break_path(path: str) -> Markup:
    """Return a path that may be wrapped after a separator, and nowhere else unless it must."""
    parts = [escape(part) for part in re.split(r"(?<=[/_])", path)]
    return Markup('<code class="path">{}</code>').format(Markup("<wbr>").join(parts))


_PUBLIC_WORDS = (
    "say", "say_count", "label", "foreign", "count", "money", "rate", "change", "full_date", "day", "days", "month",
    "moment", "weekday",
)  # fmt: skip


def _draw_store_line(row: Row, words: Words) -> Markup:
    amounts = row["week_amounts"] or []
    known = [amount for amount in amounts if amount is not None]
    if not known:
        return words.say("sales.spark_empty", store=row["store_name"])
    last = words.money(amounts[-1])
    label = words.say("sales.spark", store=row["store_name"], last=last, high=words.money(max(known)))
    return draw_sparkline(amounts, label.unescape())


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
