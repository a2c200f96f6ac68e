"""Golden cases: a file as a system exports it, and what must come of it, counted by hand.

Each case is read in every encoding that its contract names, plain, gzipped and in a zip with GBK member names;
what comes out is the same.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter

from loopmart.contracts.feeds import load_feeds
from loopmart.contracts.sources import load_sources
from loopmart.ingest.run import discover, load_feed
from loopmart.ledger.store import Ledger
from loopmart.ledger.tables import LINE_CLASSES
from loopmart.settings import Settings
from tests.conftest import PROJECT

pytestmark = pytest.mark.integration

CASES = sorted(p.parent for p in Path(__file__).parent.glob("*/expected.json"))
SOURCES = load_sources(PROJECT / "contracts", load_feeds(PROJECT / "contracts"))


class _GbkName(zipfile.ZipInfo):
    """A member whose name is written as GBK bytes without the UTF-8 flag, as payment companies do."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.filename.encode("gb18030"), self.flag_bits & ~0x800


def zip_with_gbk_names(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_GbkName("业务明细.csv"), content)
    return out.getvalue()


def as_workbook(content: bytes) -> bytes:
    """The same rows as a workbook whose cells are texts."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_numbers": False}) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(csv.reader(io.StringIO(content.decode("utf-8")))):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell)
    return out.getvalue()


FORMS = {"plain": bytes, "gzip": gzip.compress, "zip": zip_with_gbk_names, "xlsx": as_workbook}
TEXT_FORMS = [("utf-8", "plain"), ("utf-8-sig", "gzip"), ("gb18030", "zip")]
TRIALS = [(case, *form) for case in CASES for form in TEXT_FORMS] + [
    (case, "utf-8", "xlsx") for case in CASES if "xlsx" in json.loads((case / "expected.json").read_text("utf-8"))
]


@pytest.mark.parametrize(
    ("case", "encoding", "form"), TRIALS, ids=lambda value: value.name if isinstance(value, Path) else value
)
def test_a_file_gives_what_was_counted_by_hand(case: Path, encoding: str, form: str, settings: Settings) -> None:
    expected: dict[str, Any] = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    source = SOURCES[expected["source"]]
    text = next(case.glob("bill.*")).read_bytes().decode("utf-8")
    folder = settings.landing_dir / "S00101"
    folder.mkdir(parents=True)
    (folder / "any name.txt").write_bytes(FORMS[form](text.encode("utf-8" if source.format == "json" else encoding)))
    for feed in discover(settings):
        load_feed(settings, feed)
    (file,) = Ledger(settings.ledger_url).files()
    assert file["path"] == "S00101/any name.txt" + ("!/业务明细.csv" if form == "zip" else "")
    assert file["source"] == expected["source"]
    if "refused" in expected:
        assert file["status"] == "refused"
        assert expected["refused"] in file["reason"]
        return
    counts = {name: file[name] for name in ("quarantined_rows", "filtered_rows")}
    assert file["status"] == "loaded", file["reason"]
    assert counts == {name: expected.get(name, 0) for name in counts}
    assert (file["reason"] or "") == expected.get("reason", "")
    assert file["line_count"] == sum(file[name] for name in LINE_CLASSES)
    if source.format == "table" and form != "xlsx":
        assert file["line_count"] == len(text.splitlines())
    if "control_amount" in expected:
        assert file["control_amount"] == Decimal(expected["control_amount"])
    rows = duckdb.sql(f"from '{settings.bronze_dir}/{source.feed}/batch=2*/*.parquet' order by _line")
    found = [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()]
    shown = [{k: None if v is None else str(v) for k, v in row.items()} for row in found]
    assert [{k: row[k] for k in want} for row, want in zip(shown, expected["rows"], strict=True)] == expected["rows"]
    if "business_dates" in expected:
        assert sorted({row["business_date"] for row in shown}) == expected["business_dates"]
