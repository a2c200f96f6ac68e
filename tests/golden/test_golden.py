"""Golden cases: a file as a system exports it, and what must come of it, counted by hand.

Each case is read in every encoding that its contract names, plain, gzipped with Windows line ends and in a zip with
GBK member names; what comes out is the same. Its expected.json may ask for more: `"xlsx": true` (or the names of the
columns whose cells are numbers there), `"jsonl": true` and `"parquet": true`. A case may hold the same table as a
`workbook.xls`, the form of Excel up to 2003, which nothing here can write. It may name the `sender`, the file (`name`),
and what stores.csv knows of senders (`settings`).
"""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from loopmart.contracts.catalogue import Catalogue, load_catalogue
from loopmart.contracts.feeds import load_feeds
from loopmart.contracts.sources import load_sources
from loopmart.ingest import run
from loopmart.ledger.store import Ledger
from loopmart.ledger.tables import LINE_CLASSES
from loopmart.settings import Settings
from tests.conftest import PROJECT
from tests.golden.containers import as_json_lines, as_parquet, as_workbook, zip_with_gbk_names
from tests.integration.landing import register

pytestmark = pytest.mark.integration

CASES = sorted(p.parent for p in Path(__file__).parent.glob("*/expected.json"))
SOURCES = load_sources(PROJECT / "contracts", load_feeds(PROJECT / "contracts"))
CATALOGUES: dict[str, Catalogue] = {}
MEMBER = "业务明细.csv"
TEXT_FORMS = [("utf-8", "plain"), ("utf-8-sig", "gzip"), ("gb18030", "zip")]
TRIALS = [(case, *form) for case in CASES for form in TEXT_FORMS] + [
    (case, "utf-8", form)
    for case in CASES
    for form in ("xlsx", "jsonl", "parquet")
    if form in json.loads((case / "expected.json").read_text("utf-8"))
]
TRIALS += [(path.parent, "utf-8", "xls") for path in sorted(Path(__file__).parent.glob("*/workbook.xls"))]


@pytest.fixture(autouse=True)
def _without_what_no_trial_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the contracts once for all trials, and leave the manifest out: half of a trial's time otherwise."""

    def load_once(settings: Settings) -> Catalogue:
        stores = settings.stores_file.read_text(encoding="utf-8")
        if stores not in CATALOGUES:
            CATALOGUES[stores] = load_catalogue(settings)
        return CATALOGUES[stores]

    monkeypatch.setattr(run, "load_catalogue", load_once)
    monkeypatch.setattr(run, "write_manifest", lambda *_: None)


def write_as(text: str, encoding: str, form: str, expected: dict[str, Any]) -> bytes:
    """The bytes of a text in a container; a gzip has the line ends of Windows, too."""
    if form == "gzip":
        return gzip.compress(text.replace("\r\n", "\n").replace("\n", "\r\n").encode(encoding))
    if form == "zip":
        return zip_with_gbk_names({expected.get("name", MEMBER): text.encode(encoding)})
    if form == "xlsx":
        return as_workbook(text, [] if expected["xlsx"] is True else expected["xlsx"])
    if form in ("jsonl", "parquet"):
        return {"jsonl": as_json_lines, "parquet": as_parquet}[form](text)
    return text.encode(encoding)


@pytest.mark.parametrize(
    ("case", "encoding", "form"), TRIALS, ids=lambda value: value.name if isinstance(value, Path) else value
)
def test_a_file_gives_what_was_counted_by_hand(case: Path, encoding: str, form: str, settings: Settings) -> None:
    expected: dict[str, Any] = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    source = SOURCES[expected["source"]]
    text = next(case.glob("bill.*")).read_bytes().decode("utf-8")
    settings = register(settings, expected.get("settings", {}))
    folder = settings.landing_dir / expected.get("sender", "S00101")
    folder.mkdir(parents=True)
    encoding = "utf-8" if source.format == "json" else encoding
    name = expected.get("name", "any name.txt")
    is_stored = form == "xls"
    raw = (case / "workbook.xls").read_bytes() if is_stored else write_as(text, encoding, form, expected)
    (folder / name).write_bytes(raw)
    for feed in run.discover(settings):
        run.load_feed(settings, feed)
    (file,) = Ledger(settings.ledger_url).files()
    assert file["path"] == f"{folder.name}/{name}" + (f"!/{expected.get('name', MEMBER)}" if form == "zip" else "")
    assert file["source"] == expected["source"]
    outcome = next((status for status in ("refused", "ignored") if status in expected), "loaded")
    if outcome != "loaded":
        assert file["status"] == outcome
        assert expected[outcome] in file["reason"]
        return
    counts = {name: file[name] for name in ("quarantined_rows", "filtered_rows")}
    assert file["status"] == "loaded", file["reason"]
    assert counts == {name: expected.get(name, 0) for name in counts}
    assert (file["reason"] or "") == expected.get("reason", "")
    assert file["line_count"] == sum(file[name] for name in LINE_CLASSES)
    if source.format == "table" and form in ("plain", "gzip", "zip"):
        assert file["line_count"] == len(text.splitlines())
    if "control_amount" in expected:
        assert file["control_amount"] == Decimal(expected["control_amount"])
    rows = duckdb.sql(f"from '{settings.bronze_dir}/{source.feed}/batch=2*/*.parquet' order by _line")
    found = [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()]
    shown = [{k: None if v is None else str(v) for k, v in row.items()} for row in found]
    assert [{k: row[k] for k in want} for row, want in zip(shown, expected["rows"], strict=True)] == expected["rows"]
    if "business_dates" in expected:
        assert sorted({row["business_date"] for row in shown}) == expected["business_dates"]
