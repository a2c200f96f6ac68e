"""From a sample of an unknown system to a contract that reads it, with a golden case that waits for a person."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from loopmart.settings import Settings
from tests.conftest import PROJECT
from tests.worlds import run_loopmart

pytestmark = pytest.mark.integration

SAMPLE = PROJECT / "data" / "sample" / "new_system" / "harvest_till_2026-05.csv"


@pytest.fixture
def project(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a project that has contracts and nothing else."""
    copy = tmp_path / "project"
    shutil.copytree(PROJECT / "contracts", copy / "contracts")
    monkeypatch.setenv("LOOPMART_PROJECT", str(copy))
    return Settings.load()


def test_a_proposal_is_tried_out_and_nothing_is_written(project: Settings) -> None:
    shown = run_loopmart("source", "new", str(SAMPLE), settings=project).stdout
    assert "gb18030, it is no UTF-8" in shown
    assert "line 3, score" in shown
    assert "5 rows loaded, 0 quarantined" in shown
    assert "1,140.50 in the loaded rows" in shown
    assert "138****0041" in shown
    assert "13800000041" not in shown
    assert not (project.contracts_dir / "sources" / "harvest_till.yaml").exists()
    assert not project.lake_dir.exists()


def test_a_written_contract_reads_the_sample_and_its_case_waits_for_a_person(project: Settings) -> None:
    run_loopmart("source", "new", str(SAMPLE), "--name", "harvest_till", "--write", settings=project)
    case = project.project_dir / "tests" / "golden" / "harvest_till"
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    assert expected["counted_by_hand"] is False
    assert (expected["source"], expected["control_amount"]) == ("harvest_till", "1140.50")
    assert [row["net_sales_amount"] for row in expected["rows"]] == ["1000.00", "35.50", "80.00", "-20.00", "45.00"]
    bill = (case / "bill.csv").read_text(encoding="utf-8")
    assert "13800000041" not in bill
    assert "要发票" not in bill
    assert "13800000001" in bill
    shown = run_loopmart("source", "check", str(SAMPLE), "--sender", "S00101", settings=project).stdout
    assert "source harvest_till → feed pos_receipts" in shown
    assert "control total 实收(元): the file says 1,140.50, its lines come to 1140.5: ok" in shown
    known = run_loopmart("source", "new", str(SAMPLE), settings=project).stdout
    assert "is known: its line 3 is the header of contracts/sources/harvest_till.yaml" in known


def test_nothing_is_overwritten(project: Settings) -> None:
    (project.project_dir / "tests" / "golden" / "harvest_till").mkdir(parents=True)
    done = run_loopmart("source", "new", str(SAMPLE), "--write", settings=project, check=False)
    assert done.returncode == 1
    assert "exists and is not overwritten" in done.stderr
    assert not (project.contracts_dir / "sources" / "harvest_till.yaml").exists()


def test_an_open_field_is_asked_for_before_anything_is_written(project: Settings, tmp_path: Path) -> None:
    sample = tmp_path / "vouchers.csv"
    sample.write_text("券码,核销时间,核销金额,手机\nV001,2026-03-08 10:00:00,5.00,13800000041\n", encoding="utf-8")
    shown = run_loopmart("source", "new", str(sample), settings=project)
    assert "# TO DO: issuer" in shown.stdout
    assert "13800000041" not in shown.stdout
    refused = run_loopmart("source", "new", str(sample), "--write", settings=project, check=False)
    assert refused.returncode == 1
    assert "required fields are open: issuer" in refused.stderr
    arguments = ("--constant", "issuer=meituan", "--write")
    run_loopmart("source", "new", str(sample), *arguments, settings=project)
    assert (project.contracts_dir / "sources" / "vouchers.yaml").exists()
