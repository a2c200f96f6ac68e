"""What tests of nasty files share: tables of a till, and a look at what became of each line."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import duckdb
import xlsxwriter

from loopmart.ledger.tables import LINE_CLASSES
from loopmart.settings import Settings
from tests.conftest import PROJECT
from tests.integration.landing import land, load_all, register

GOLDEN = PROJECT / "tests" / "golden"
TILL = (
    "store_code,receipt_no,line_no,sold_at,product_code,quantity,gross_amount,loyalty_discount,coupon_match,"
    "manufacturer_coupon,net_amount,currency,card_no"
)
TEMPLATE = "store_id,receipt_no,sold_at,product_id,quantity,net_amount"
WORKBOOK = (
    "Store,Receipt no.,Line,Date and time,Article,Qty,Gross,Loyalty discount,Coupon match,Manufacturer coupon,Net,"
    "Currency,Card no."
)

Refusal = tuple[str | None, str | None, str, str]
"""Column, value, reason and remedy."""


def till_row(receipt: object, *, at: str, amount: str = "5.00", product: str = "1001", card: str = "") -> str:
    """A line of a till of S00102, without discounts."""
    return f"S00102,{receipt},1,{at},{product},1,{amount},0.00,0.00,0.00,{amount},CNY,{card}"


def till_file(day: str, *rows: str, until: str = "") -> str:
    """An export of a till of S00102, with its title line; data begin in line 3."""
    return "\n".join([f"# Store S00102, {day} to {until or day}", TILL, *rows]) + "\n"


def two_rows(day: str) -> str:
    """A till's day of two receipts, with numbers of their own."""
    return till_file(day, *(till_row(f"{day}-{n}", at=f"{day} 10:00:00") for n in (1, 2)))


def template_file(*cells: tuple[str, str], store: str = "S00103") -> str:
    """Our own template: a product code and an amount a line; data begin in line 2."""
    rows = (f"{store},T{n},2026-03-08 10:00:00,{code},1,{amount}" for n, (code, amount) in enumerate(cells))
    return "\n".join([TEMPLATE, *rows]) + "\n"


def workbook_of(*sheets: list[list[str]]) -> bytes:
    """A workbook whose sheets each begin with a merged title."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            sheet.merge_range(0, 0, 0, 5, "Journal")
            for number, row in enumerate(rows, start=2):
                sheet.write_row(number, 0, row)
    return out.getvalue()


def bill_of(case: str) -> str:
    """The file of a golden case."""
    return next((GOLDEN / case).glob("bill.*")).read_text(encoding="utf-8")


def land_cases(settings: Settings, *cases: str) -> Settings:
    """Land the files of golden cases, each from its sender; the settings that know what its stores are called."""
    known: dict[str, str] = {}
    for case in cases:
        expected = json.loads((GOLDEN / case / "expected.json").read_text(encoding="utf-8"))
        for sender, words in expected.get("settings", {}).items():
            known[sender] = ";".join(filter(None, (known.get(sender), words)))
        name = expected.get("name", f"{case}.csv")
        land(settings, name, bill_of(case).encode(), expected.get("sender", "S00101"))
    return register(settings, known)


def load_counted(settings: Settings) -> dict[str, dict[str, Any]]:
    """Load what waits; every line of every loaded file is in the lake, in quarantine, or counted as something else."""
    files = load_all(settings)
    for path, file in files.items():
        if file["status"] in ("loaded", "superseded"):
            assert file["line_count"] == sum(file[name] for name in LINE_CLASSES), path
            for layer, count in ((settings.bronze_dir, "loaded_rows"), (settings.quarantine_dir, "quarantined_rows")):
                assert _count_lines(layer / file["feed"], file["file_id"]) == file[count], (path, count)
        elif file["status"] == "refused":
            assert file["remedy"], path
    return files


def counts_of(files: Mapping[str, dict[str, Any]], path: str) -> tuple[str, int, int]:
    """Status, loaded and quarantined rows of a file."""
    file = files[path]
    return file["status"], file["loaded_rows"], file["quarantined_rows"]


def refused_lines(settings: Settings, file: Mapping[str, Any]) -> dict[int, Refusal]:
    """What quarantine says of a file, by line."""
    found = f"from '{settings.quarantine_dir}/{file['feed']}/batch=2*/*.parquet' where _file_id = '{file['file_id']}'"
    rows = duckdb.sql(f"select _line, column_name, value, reason, remedy {found}").fetchall()
    assert all(reason and remedy for *_, reason, remedy in rows)
    return {line: (column, value, reason, remedy) for line, column, value, reason, remedy in rows}


def loaded_values(settings: Settings, file: Mapping[str, Any], column: str) -> list[Any]:
    """A field of a file's rows in the lake, in the order of its lines; amounts as texts."""
    found = f"from '{settings.bronze_dir}/{file['feed']}/batch=2*/*.parquet' where _file_id = '{file['file_id']}'"
    values = [value for (value,) in duckdb.sql(f"select {column} {found} order by _line").fetchall()]
    return [str(value) if isinstance(value, Decimal) else value for value in values]


def _count_lines(feed_folder: Any, file_id: str) -> int:
    if not list(feed_folder.glob("batch=2*/*.parquet")):
        return 0
    found = f"from '{feed_folder}/batch=2*/*.parquet' where _file_id = '{file_id}'"
    (count,) = duckdb.sql(f"select count(distinct _line) {found}").fetchall()[0]
    return int(count)
