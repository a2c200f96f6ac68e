"""Files that say the same thing twice: each entry counts once, and the quarantine says from which line."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from loopmart.ingest.run import discover, load_feed
from loopmart.ledger.store import Ledger
from loopmart.settings import Settings
from tests.conftest import PROJECT

pytestmark = pytest.mark.integration

GOLDEN = PROJECT / "tests" / "golden"


@pytest.mark.parametrize("nights", [1, 3])
def test_all_success_and_refund_bills_of_one_day_count_each_entry_once(settings: Settings, nights: int) -> None:
    folder = settings.landing_dir / "S00101"
    folder.mkdir(parents=True)
    cases = ["wechatpay_all_27_columns", "wechatpay_success_20_columns", "wechatpay_refund_29_columns"]
    for number, case in enumerate(cases):
        (folder / f"{number}.csv").write_bytes((GOLDEN / case / "bill.csv").read_bytes())
        if nights == 3 or number == 2:
            for feed in discover(settings):
                load_feed(settings, feed)
    files = {f["path"]: f for f in Ledger(settings.ledger_url).files()}
    counts = [(files[f"S00101/{n}.csv"]["loaded_rows"], files[f"S00101/{n}.csv"]["quarantined_rows"]) for n in range(3)]
    assert counts == [(4, 0), (0, 2), (0, 1)]
    assert sum(f["control_amount"] for f in files.values()) == Decimal("148.00")
    assert {f["status"] for f in files.values()} == {"loaded"}
    reasons = duckdb.sql(f"select reason from '{settings.quarantine_dir}/payments/batch=2*/*.parquet'").fetchall()
    assert len(reasons) == 3
    assert all("counts already from line" in reason and "S00101/0.csv" in reason for (reason,) in reasons)


def test_bills_of_two_accounts_of_one_day_stand_beside_each_other(settings: Settings) -> None:
    folder = settings.landing_dir / "S00101"
    folder.mkdir(parents=True)
    bill = (GOLDEN / "wechatpay_success_20_columns" / "bill.csv").read_text(encoding="utf-8")
    (folder / "one.csv").write_text(bill, encoding="utf-8")
    other = bill.replace("1900000001", "1900000002").replace(
        "420000000000000000000000000", "420000000000000000000000009"
    )
    (folder / "two.csv").write_text(other, encoding="utf-8")
    for feed in discover(settings):
        load_feed(settings, feed)
    assert [(f["status"], f["loaded_rows"]) for f in Ledger(settings.ledger_url).files()] == [("loaded", 2)] * 2
