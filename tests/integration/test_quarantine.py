"""Working through the quarantine: what most rows have first, the line itself, a list, what a replay cleared."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from loopmart.ingest.run import discover, load_feed
from loopmart.settings import Settings
from loopmart.show_quarantine import (
    export_quarantine,
    print_quarantine,
    print_quarantined_rows,
    read_quarantine,
    replay,
)
from tests.conftest import PROJECT

pytestmark = pytest.mark.integration

TILL = """# Store S00102, 2026-05-01 to 2026-05-31
store_code,receipt_no,line_no,sold_at,product_code,quantity,gross_amount,loyalty_discount,coupon_match,\
manufacturer_coupon,net_amount,currency,card_no
S00102,1,1,2026-05-01 10:15:00,1001,1,12.00,1.00,0.00,0.00,11.00,CNY,VIP9000002
S00102,2,1,05/02/26 9:00,1002,1,4.00,0.00,0.00,0.00,4.00,CNY,VIP9000003
S00102,3,1,05/03/26 9:00,1002,1,4.00,0.00,0.00,0.00,4.00,CNY,
S00102,000000000004,1,2026-05-04 10:00:00,1002,1,=1+1,0.00,0.00,0.00,4.00,CNY,
S00102,5,1,2026-05-05 10:00:00,1002,1
"""


@pytest.fixture
def dirty(settings: Settings) -> Settings:
    """Settings of a world with one file: a good line, two wrong times, a wrong amount, a ragged line."""
    folder = settings.landing_dir / "S00102"
    folder.mkdir(parents=True)
    (folder / "may.csv").write_text(TILL, encoding="utf-8")
    for feed in discover(settings):
        load_feed(settings, feed)
    return settings


def say(action: Callable[[Console], None]) -> str:
    console = Console(width=400, record=True, quiet=False, file=None)
    with console.capture() as captured:
        action(console)
    return captured.get()


def test_what_most_rows_have_comes_first(dirty: Settings) -> None:
    shown = say(lambda console: print_quarantine(dirty, console))
    groups = [line for line in shown.splitlines() if "S00102/may.csv" in line]
    assert "2 lines: 4, 5, column sold_at" in groups[0]
    assert [("line 6" in group or "line 7" in group) for group in groups[1:]] == [True, True]
    assert "4 rows in quarantine, in 1 files that count" in shown


def test_a_row_is_shown_as_it_stands_with_the_cell_to_blame_and_people_masked(dirty: Settings) -> None:
    file_id = read_quarantine(dirty)[0]["_file_id"]
    shown = say(lambda console: print_quarantined_rows(dirty, console, file_id, 0))
    assert "»sold_at=05/02/26 9:00«" in shown
    assert "card_no=VI***03" in shown
    assert "VIP9000003" not in shown
    assert "5 | 1 | 2026-05-05 10:00:00 | 1002 | 1" in shown


def test_the_list_keeps_its_texts_in_a_spreadsheet(dirty: Settings, tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    say(lambda console: export_quarantine(dirty, console, out))
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines()))
    assert [row["line"] for row in rows] == ["4", "5", "6", "7"]
    assert rows[2]["value"] == "'=1+1"
    assert "VIP9000003" not in out.read_text(encoding="utf-8-sig")
    assert "receipt_no=2" in rows[0]["text"]


def test_a_replay_says_what_was_cleared_and_what_remains_and_why(
    dirty: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unchanged = say(lambda console: replay(dirty, console))
    assert "no line cleared" in unchanged
    assert "0 of 4 rows left the quarantine, 4 remain" in unchanged
    project = tmp_path / "project"
    shutil.copytree(PROJECT / "contracts", project / "contracts")
    path = project / "contracts" / "sources" / "till_utf8.yaml"
    text = path.read_text(encoding="utf-8")
    mended = (
        "derive:\n  ordered_at: strftime(try_strptime([sold_at], list_value('%m/%d/%y %H:%M', '%Y-%m-%d %H:%M:%S')), "
    )
    mended += "'%Y-%m-%d %H:%M:%S')\nignored: [sold_at, "
    assert "  sold_at: ordered_at\n" in text
    assert "ignored: [" in text
    path.write_text(text.replace("  sold_at: ordered_at\n", "").replace("ignored: [", mended), encoding="utf-8")
    monkeypatch.setenv("LOOPMART_PROJECT", str(project))
    shown = say(lambda console: replay(Settings.load(), console))
    assert "2 lines cleared, they count now: 4, 5" in shown
    assert "1 remain: 6, column gross_amount" in shown
    assert "2 of 4 rows left the quarantine, 2 remain; 3 rows of these files count" in shown


def test_an_empty_quarantine_is_said(sample: Settings) -> None:
    discover(sample, ["S00103"])
    load_feed(sample, "pos_order_lines")
    assert "0 rows in quarantine" in say(lambda console: print_quarantine(sample, console))
    assert "nothing is in quarantine" in say(lambda console: replay(sample, console))
