"""A run of a gate leaves its record, whatever the verdict."""

from __future__ import annotations

import json

import duckdb
import pytest

from loopmart.gates.outcomes import GateFailed
from loopmart.ledger.store import Ledger
from tests.unit.gates.world import World


def test_every_rule_is_recorded_under_one_run(world: World) -> None:
    report = world.check("staging")
    ledger = Ledger(world.settings.ledger_url)
    rows, runs = ledger.gate_results(), ledger.runs()
    assert len(rows) == len(report.outcomes) > 5
    assert {r["run_id"] for r in rows} == {report.run_id}
    assert {(r["gate"], r["success"], r["unexpected_count"], r["checked_at"]) for r in rows} == {
        ("staging", True, 0, report.checked_at)
    }
    assert {r["suite"] for r in rows} >= {"staging.orders.critical", "staging.products.warning"}
    assert (runs[-1]["stage"], runs[-1]["status"]) == ("check_staging", "succeeded")
    assert json.loads(runs[-1]["counts"])["rules"] == len(rows)


def test_a_shut_gate_is_recorded_too(world: World) -> None:
    world.warehouse("delete from marts.orders where order_id = 'S00001-0001'")
    with pytest.raises(GateFailed) as shut:
        world.check("marts")
    ledger = Ledger(world.settings.ledger_url)
    broken = [r for r in ledger.gate_results() if not r["success"] and r["severity"] == "critical"]
    assert {r["rule"] for r in broken} == {f.rule for f in shut.value.failures}
    kept = json.loads(broken[0]["unexpected_rows"])
    assert 0 < len(kept) <= 20
    assert ledger.runs()[-1]["status"] == "failed"
    index = (world.settings.serving_dir / "data_docs" / "index.html").read_text(encoding="utf-8")
    assert "no item is without its order or its product" in index


def test_a_gate_frees_the_warehouse(world: World) -> None:
    world.check("marts")
    with duckdb.connect(world.settings.warehouse_path) as warehouse:
        warehouse.execute("create table written_after_the_gate (n int)")


def test_a_gate_leaves_the_data_as_it_found_it(world: World) -> None:
    def content() -> dict[str, bytes]:
        homes = (world.settings.lake_dir, world.settings.warehouse_path.parent)
        return {str(p): p.read_bytes() for home in homes for p in home.rglob("*") if p.is_file()}

    before = content()
    for gate in ("landing", "staging", "marts"):
        world.check(gate)
    assert content() == before
