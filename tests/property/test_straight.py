"""The straight way and the careful way must give the same of any file; only the time may differ."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from loopmart.contracts.catalogue import load_catalogue
from loopmart.ingest import batch, run, scan, straight
from loopmart.ledger.store import Ledger
from loopmart.ledger.tables import LINE_CLASSES
from loopmart.settings import Settings
from tests.conftest import PROJECT, TOKEN_KEY

pytestmark = pytest.mark.integration

STORES = PROJECT / "contracts" / "stores.csv"
CATALOGUE = load_catalogue(Settings(PROJECT, PROJECT, "", STORES, PROJECT / "no.key"))
AMOUNTS = [
    "1.00", "0.00", "12.5", "3", "-2.00", "1.005", "1.0050", "1.000", "1e3", "1E2", "1_0.00",
    "+5", "+5.00", ".5",
    "1.", ".", "0x10", " 1.00", "1.00 ", "\t1.00", "１.00", "007", "-0.00", "99999999999999999.99",
    "9999999999999999.99", "-", "- ", "+ ", "--1", "", " ", "1,00",
    "NaN", "inf", "1\v", "1.00\u3000", "1.00\xa0", "1.e1", "1.005e1", "¥1.00",
]  # fmt: skip
TIMES = [
    "2026-03-01 10:00:00", "2026-03-31 23:59:59", "2026-02-30 10:00:00", "2026-03-01 24:00:00", "2026-03-01", "",
    " 2026-03-01 10:00:00", "2026-03-01 10:00:00 ", "2026-3-1 1:2:3", "2026-03-01T10:00:00", "2026-03-01 10:00:00.5",
    "2026/03/01 10:00:00", "26-03-01 10:00:00", "02026-03-01 10:00:00",
]  # fmt: skip
INTEGERS = ["1", "2", "007", "+1", "-1", "0", "1.0", "1e3", " 1", "1 ", "", "99999999999", "１", "1_0", "0x1"]
CODES = [
    "A1",
    " A1",
    "A1 ",
    "01",
    "1E5",
    "12345E+11",
    "苹果",
    "",
    " ",
    "\tx",
    "x\t",
    "a b",
    "\u3000x",
    "x\x7f",
    "é",
    "NULL",
]
GOOD = "S00102,{receipt},1,2026-03-05 10:00:00,P1,1,5.00,0.00,0.00,0.00,5.00,CNY,C1"
HEADER = (
    "store_code,receipt_no,line_no,sold_at,product_code,quantity,gross_amount,loyalty_discount,coupon_match,"
    "manufacturer_coupon,net_amount,currency,card_no"
)
PREAMBLE = "# S00102 2026-03-01 to 2026-03-31"
PLACES = {"amount": (5, 6, 7, 8, 9, 10), "time": (3,), "integer": (2,), "code": (0, 1, 4, 11, 12)}
CHOICES = {"amount": AMOUNTS, "time": TIMES, "integer": INTEGERS, "code": CODES}
CHANGES = st.sampled_from(sorted(PLACES)).flatmap(
    lambda kind: st.tuples(st.sampled_from(PLACES[kind]), st.sampled_from(CHOICES[kind]))
)
ODD_LINES = [
    "",
    " ",
    "\t",
    ",",
    GOOD + ",x",
    GOOD.rpartition(",")[0],
    "x",
    ",,,,,,,,,,,,",
    "# a remark",
    'S00102,"',
    "\v",
]


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A till's file of good lines, some of which went wrong."""
    lines = []
    is_clean = draw(st.integers(0, 3)) == 0
    for number in range(draw(st.integers(0, 9))):
        cells = GOOD.format(receipt=draw(st.sampled_from([f"R{number}", f"R{number}", f"Q{9 - number}", "R1"]))).split(
            ","
        )
        if not is_clean and draw(st.integers(0, 2)) == 0:
            for place, value in draw(st.lists(CHANGES, min_size=1, max_size=2)):
                cells[place] = value
        lines.append(",".join(cells))
        if not is_clean and draw(st.integers(0, 9)) == 0:
            lines.append(draw(st.sampled_from(ODD_LINES)))
    end = draw(st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"]))
    text = end.join([PREAMBLE, HEADER, *lines])
    return draw(st.sampled_from(["", "", "\ufeff"])) + text + draw(st.sampled_from([end, end, end, "", end * 2]))


def load(files: list[bytes], in_place_bytes: int, *, carefully: bool) -> tuple[Any, ...]:
    """What the ledger, the lake and the quarantine say of files of one batch."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "token.key").write_text(TOKEN_KEY)
        settings = Settings(
            home=home, project_dir=PROJECT, ledger_url=f"sqlite:///{home / 'ledger.db'}",
            stores_file=STORES, token_key_file=home / "token.key",
        )  # fmt: skip
        (settings.landing_dir / "S00102").mkdir(parents=True)
        for number, content in enumerate(files):
            (settings.landing_dir / "S00102" / f"{number}.csv").write_bytes(content)
        way: Callable[..., Any] = (lambda *args: args[2]) if carefully else batch.Batch._load_straight
        with (
            patch.object(batch.Batch, "_load_straight", way),
            patch.object(batch, "IN_PLACE_BYTES", in_place_bytes),
            patch.object(run, "write_manifest", lambda *_: None),
            patch.object(run, "load_catalogue", lambda _: CATALOGUE),
        ):
            for feed in run.discover(settings):
                run.load_feed(settings, feed)
        told = ("path", "status", "reason", "remedy", "line_count", *LINE_CLASSES, "control_amount")
        told += ("quarantined_amount", "period_start", "period_end")
        ledger = [tuple(file[name] for name in told) for file in Ledger(settings.ledger_url).files()]
        return ledger, _rows(settings.bronze_dir), _rows(settings.quarantine_dir)


def _rows(root: Path) -> list[tuple[Any, ...]]:
    parts = [str(path) for path in root.glob("*/batch=2*/*.parquet")]
    return duckdb.read_parquet(parts, hive_partitioning=False).order("_file_id, _line").fetchall() if parts else []


@hypothesis_settings(max_examples=10, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@seed(20260301)
@given(
    files=st.lists(texts(), min_size=2, max_size=8), in_place_bytes=st.sampled_from([1, 400, straight.IN_PLACE_BYTES])
)
def test_both_ways_give_the_same_rows_quarantine_and_counts(files: list[str], in_place_bytes: int) -> None:
    contents = [text.encode() for text in files]
    found, wanted = (load(contents, in_place_bytes, carefully=carefully) for carefully in (False, True))
    for of_straight, of_careful in zip(found, wanted, strict=True):
        assert of_straight == of_careful


@pytest.mark.parametrize("in_place_bytes", [1, straight.IN_PLACE_BYTES], ids=["in place", "together"])
@pytest.mark.parametrize("is_exact", [True, False], ids=["typed", "as texts"])
@pytest.mark.parametrize("kind", sorted(PLACES))
def test_each_odd_cell_comes_out_of_both_ways_alike(kind: str, is_exact: bool, in_place_bytes: int) -> None:
    """Each value alone among good lines in a file of its own, in each column of its kind."""
    contents = []
    for place in PLACES[kind][-2:]:
        for value in (v for v in CHOICES[kind] if scan.reads_exactly(f"{v},0,{v},CNY".encode()) is is_exact):
            cells = GOOD.format(receipt=f"R{len(contents)}").split(",")
            cells[place] = value
            day = f"2026-03-{len(contents) % 28 + 1:02}"
            good = GOOD.format(receipt="R").replace("2026-03-05", day)
            contents.append(f"{PREAMBLE}\n{HEADER}\n{good}{len(contents)}\n{','.join(cells)}\n".encode())
    found, wanted = (load(contents, in_place_bytes, carefully=carefully) for carefully in (False, True))
    for of_straight, of_careful in zip(found, wanted, strict=True):
        assert of_straight == of_careful
