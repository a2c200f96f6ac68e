"""The dbt project's own unit tests and docs, on a warehouse that a night has built."""

from __future__ import annotations

import json
import subprocess

import pytest

from loopmart.settings import Settings
from loopmart.transform.dbt import RUN, dbt_environment

pytestmark = pytest.mark.integration


def dbt(settings: Settings, *arguments: str) -> str:
    done = subprocess.run(
        [
            *RUN, *arguments, "--project-dir", str(settings.dbt_project_dir),
            "--profiles-dir", str(settings.dbt_project_dir), "--target-path", str(settings.home / "target"),
        ],
        env=dbt_environment(settings),
        capture_output=True,
        text=True,
        check=False,
        cwd=settings.home,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def test_every_unit_test_of_a_rule_passes(night: Settings) -> None:
    dbt(night, "test", "--select", "test_type:unit")
    results = json.loads((night.home / "target" / "run_results.json").read_text())["results"]
    assert len(results) >= 25
    assert {r["status"] for r in results} == {"pass"}


def test_docs_are_generated_for_every_mart(night: Settings) -> None:
    dbt(night, "docs", "generate")
    nodes = json.loads((night.home / "target" / "catalog.json").read_text())["nodes"]
    assert sum(name.startswith("model.loopmart.") for name in nodes) >= 40
