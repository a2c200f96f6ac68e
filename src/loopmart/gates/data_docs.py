"""Data Docs: the pages that Great Expectations renders, in a shell that needs no network.

`data_docs/index.html` lists the gates with their last run; `data_docs/<gate>/<suite>.html` holds the rules of
a suite; `data_docs/<gate>/summary.json` is what the index is made from.
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from loopmart.gates.outcomes import GateReport
from loopmart.gates.validation import SuiteRun, import_great_expectations

GATES = ("landing", "staging", "marts")
_TEMPLATES = Path(__file__).parent / "templates"
_LINK_INTO_A_SITE = re.compile(r'<a href="(?:\.\./)+expectations/[^"]*"[^>]*>(.*?)</a>', re.DOTALL)


def write_data_docs(docs_dir: Path, report: GateReport, runs: Sequence[SuiteRun]) -> Path:
    """Write the pages of one run of a gate, drop those of suites that are gone, renew the index.

    Each file is replaced in one step, so a reader never meets half a page.

    Returns:
        The path of the index page.
    """
    gate_dir = docs_dir / report.gate
    gate_dir.mkdir(parents=True, exist_ok=True)
    pages = {f"{run.suite.name}.html": render_suite_page(run) for run in runs}
    for name, page in pages.items():
        _replace_file(gate_dir / name, page)
    for stale in gate_dir.glob("*.html"):
        if stale.name not in pages:
            stale.unlink()
    _replace_file(gate_dir / "summary.json", json.dumps(_summarise(report, runs), indent=1, ensure_ascii=False))
    summaries = [json.loads(path.read_text(encoding="utf-8")) for path in _summary_files(docs_dir)]
    index = docs_dir / "index.html"
    _replace_file(index, _own_environment().get_template("gate_index.html.j2").render(gates=summaries))
    return index


def render_suite_page(run: SuiteRun) -> str:
    """One page of Great Expectations for a suite, its offending rows below, without any outside reference."""
    import_great_expectations()
    from great_expectations.render import (
        RenderedSectionContent,
        RenderedTableContent,
    )
    from great_expectations.render.renderer import ValidationResultsPageRenderer

    document = ValidationResultsPageRenderer(run_info_at_end=True).render(run.result)
    for outcome in run.outcomes:
        if outcome.rows:
            block = RenderedTableContent(
                header=f"{html.escape(outcome.rule)}: {html.escape(outcome.observed)}",
                subheader=html.escape(f"What to do: {outcome.remedy}"),
                header_row=[html.escape(name) for name in outcome.rows[0]],
                table=[[_show_cell(value) for value in row.values()] for row in outcome.rows],
                styling={"body": {"classes": ["table"]}, "classes": ["col-12"]},
            )
            document.sections.append(RenderedSectionContent([block], section_name=outcome.rule))
    page = _page_view().render(document, gate=run.suite.stage, suite=run.suite.name)
    return _LINK_INTO_A_SITE.sub(r"\1", page)


@cache
def _page_view() -> Any:
    """The library's own view, with our shell in place of its pages and scripts."""
    from great_expectations.render.view import DefaultJinjaPageView

    view = DefaultJinjaPageView()
    view.env.loader = ChoiceLoader([FileSystemLoader(_TEMPLATES), view.env.loader])
    return view


def _show_cell(value: Any) -> str:
    return "–" if value is None else html.escape(str(value))


def _summarise(report: GateReport, runs: Sequence[SuiteRun]) -> dict[str, Any]:
    return {
        "gate": report.gate,
        "run_id": report.run_id,
        "checked_at": f"{report.checked_at:%Y-%m-%d %H:%M:%S}",
        "is_open": not report.failures,
        "failures": [{"suite": o.suite, "rule": o.rule, "observed": o.observed} for o in report.failures],
        "warnings": [{"suite": o.suite, "rule": o.rule, "observed": o.observed} for o in report.warnings],
        "suites": [_summarise_suite(run) for run in runs],
    }


def _summarise_suite(run: SuiteRun) -> Mapping[str, Any]:
    broken = sum(not o.success for o in run.outcomes)
    return {"name": run.suite.name, "relation": run.suite.relation, "rules": len(run.outcomes), "broken": broken}


def _summary_files(docs_dir: Path) -> list[Path]:
    return [path for gate in GATES if (path := docs_dir / gate / "summary.json").exists()]


def _own_environment() -> Environment:
    return Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True)


def _replace_file(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
