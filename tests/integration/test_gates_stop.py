"""A breach at any of the three gates stops the night before publication, and says where it is."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import duckdb
import pytest

from loopmart.ledger.store import Ledger
from loopmart.settings import Settings
from tests.conftest import PROJECT
from tests.worlds import hash_marts, query_published, run_loopmart

pytestmark = pytest.mark.integration

HEADER = "# S00102 2026-05-01 to 2026-05-31\n"


def expect_stop(settings: Settings, gate: str, published: dict[str, str], *hints: str) -> None:
    """Run a night that must stop at `gate`, with every hint in its message and the old version still served."""
    version = query_published(settings, "select version from ops.publication")
    done = run_loopmart("run", settings=settings, check=False)
    assert done.returncode == 1
    message = " ".join(done.stderr.split())
    for hint in (f"gate {gate}", *hints):
        assert hint.lower() in message.lower(), message[-3000:]
    assert "Traceback" not in done.stderr
    assert query_published(settings, "select version from ops.publication") == version
    assert hash_marts(settings) == published
    failed = [r for r in Ledger(settings.ledger_url).gate_results() if not r["success"] and r["severity"] == "critical"]
    assert {r["gate"] for r in failed} == {gate}
    assert list((settings.serving_dir / "data_docs").rglob("*.html"))


def test_a_file_that_is_mostly_rubbish_stops_at_the_landing_gate(night: Settings) -> None:
    published = hash_marts(night)
    april = (night.landing_dir / "S00102" / "sales_2026-04.csv").read_text().splitlines()
    good = april[2].replace("2026-04", "2026-05")
    receipt = good.split(",")[1]
    lines = [good.replace(receipt, str(7000 + i), 1) for i in range(8)] + ["oops," + good] * 22
    (night.landing_dir / "S00102" / "sales_2026-05 bad.csv").write_text(HEADER + "\n".join([april[1], *lines]) + "\n")
    expect_stop(night, "landing", published, "S00102/sales_2026-05 bad.csv", "22")


def test_a_row_changed_in_the_lake_stops_at_the_staging_gate(night: Settings) -> None:
    published = hash_marts(night)
    part = next(night.bronze_dir.glob("pos_order_lines/batch=2*/*.parquet"))
    aside = part.with_suffix(".new")
    duckdb.sql(
        f"select * replace (case when _line = 3 and store_id = 'S00103' then 99.99 else net_sales_amount end "
        f"as net_sales_amount) from '{part}'"
    ).write_parquet(str(aside))
    aside.replace(part)
    with duckdb.connect(str(night.warehouse_path)) as warehouse:
        warehouse.execute("insert into ops.affected_dates select distinct business_date from marts.orders")
    expect_stop(night, "staging", published, "S00103/journal-2026-0", "control_amount = 35.00, held_amount = 117.99")


def test_a_mart_that_loses_money_stops_at_the_marts_gate(night: Settings, tmp_path: Path) -> None:
    published = hash_marts(night)
    project = tmp_path / "project"
    for name in ("contracts", "dbt_project", "expectations"):
        shutil.copytree(PROJECT / name, project / name)
    config = project / "dbt_project" / "dbt_project.yml"
    update = (
        "update marts.orders set net_sales_amount = net_sales_amount - 0.01 "
        "where order_id = (select min(order_id) from marts.orders)"
    )
    hook = f"{{{{ '{update}' if 'orders' in (results | map(attribute='node.name') | list) }}}}"
    config.write_text(config.read_text() + f'\non-run-end: "{hook}"\n')
    expect_stop(
        dataclasses.replace(night, project_dir=project),
        "marts",
        published,
        "net_sales_in = 35.00, net_sales_out = 34.99",
    )
