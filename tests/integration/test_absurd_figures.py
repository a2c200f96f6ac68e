"""A figure beyond what the engine can hold costs its file, and no other."""

from __future__ import annotations

import csv
import io

import pytest

from loopmart.ingest.run import discover, load_feed
from loopmart.ledger.store import Ledger
from loopmart.settings import Settings
from tests.conftest import PROJECT

pytestmark = pytest.mark.integration


def test_an_absurd_figure_refuses_its_file_alone(settings: Settings) -> None:
    bill = (PROJECT / "tests" / "golden" / "shopify_orders" / "bill.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(bill.splitlines()))
    rows[1][rows[0].index("Lineitem discount")] = "99999999999999999.99"
    absurd = io.StringIO()
    csv.writer(absurd).writerows(rows)
    folder = settings.landing_dir / "S00101"
    folder.mkdir(parents=True)
    (folder / "good.csv").write_text(bill, encoding="utf-8")
    (folder / "absurd.csv").write_text(absurd.getvalue(), encoding="utf-8")
    for feed in discover(settings):
        load_feed(settings, feed)
    files = {f["path"].rpartition("/")[2]: f for f in Ledger(settings.ledger_url).files()}
    assert files["absurd.csv"]["status"] == "refused"
    assert files["absurd.csv"]["reason"] == "a figure in it is too large to be worked with"
    assert files["good.csv"]["status"] == "loaded"
    assert files["good.csv"]["loaded_rows"] > 0
