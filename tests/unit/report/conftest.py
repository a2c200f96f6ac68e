"""The page of the usual chain, drawn once."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopmart.report.facts import Facts, read_facts
from loopmart.report.page import render_report
from tests.unit.report.marts_file import write_marts


@pytest.fixture(scope="session")
def marts_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published file of the usual chain."""
    return write_marts(tmp_path_factory.mktemp("published") / "marts.duckdb")


@pytest.fixture(scope="session")
def facts(marts_path: Path) -> Facts:
    """The facts of the usual chain."""
    return read_facts(marts_path)


@pytest.fixture(scope="session")
def pages(marts_path: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The pages of the usual chain, by language."""
    paths = render_report(marts_path, tmp_path_factory.mktemp("report"))
    return dict(zip(("en", "zh"), (path.read_text(encoding="utf-8") for path in paths), strict=True))
