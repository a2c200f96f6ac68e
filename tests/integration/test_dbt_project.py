"""The dbt project's own unit tests and docs, on a warehouse that a night has built."""

from __future__ import annotations

import json

import pytest

from loopmart.settings import Settings
from loopmart.transform.dbt import run_dbt

pytestmark = pytest.mark.integration


def test_every_unit_test_of_a_rule_passes(night: Settings) -> None:
    target = night.home / "warehouse" / "dbt"
    run_dbt(night, target, "test", "--select", "test_type:unit")
    results = json.loads((target / "run_results.json").read_text())["results"]
    assert len(results) >= 25
    assert {r["status"] for r in results} == {"pass"}


def test_docs_are_generated_for_every_mart(night: Settings) -> None:
    target = night.home / "warehouse" / "dbt"
    run_dbt(night, target, "docs", "generate")
    nodes = json.loads((target / "catalog.json").read_text())["nodes"]
    assert sum(name.startswith("model.loopmart.") for name in nodes) >= 40
