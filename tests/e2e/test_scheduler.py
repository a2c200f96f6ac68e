"""A gate that refuses a night under a real scheduler."""

from __future__ import annotations

import sys

import pytest

from loopmart.settings import Settings
from tests.conftest import PROJECT
from tests.e2e.scheduled import run_scheduled
from tests.worlds import environment, query_published

pytestmark = pytest.mark.e2e


def test_a_refused_gate_is_not_retried_and_nothing_is_published(night: Settings) -> None:
    april = (night.landing_dir / "S00102" / "sales_2026-04.csv").read_text().splitlines()
    rubbish = ["oops," + april[2].replace("2026-04", "2026-05")] * 30
    header = "# S00102 2026-05-01 to 2026-05-31"
    (night.landing_dir / "S00102" / "bad.csv").write_text("\n".join([header, april[1], *rubbish]) + "\n")
    before = query_published(night, "select version from ops.publication")
    scheduled = run_scheduled(
        [sys.executable, str(PROJECT / "scripts" / "airflow_local.py"), "run", "nightly"], environment(night)
    )
    assert scheduled.code == 1
    assert [state.split()[0] for state in scheduled.states_of("ingest.check_landing")][-1] == "failed"
    assert not any("up_for_retry" in state for state in scheduled.states_of("ingest.check_landing"))
    assert scheduled.states_of("nightly.wait_for_publication")[-1].startswith("failed")
    assert any("| " in line and "gate landing" in line.lower() for line in scheduled.lines)
    assert query_published(night, "select version from ops.publication") == before
