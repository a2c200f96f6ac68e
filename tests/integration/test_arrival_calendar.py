"""The arrival calendar over the sample's files: what the clock, the registry and a file that comes later change."""

from __future__ import annotations

import io
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from loopmart.ingest.run import discover, load_feed
from loopmart.settings import Settings
from loopmart.show_calendar import choose, print_calendar
from tests.conftest import PROJECT

pytestmark = pytest.mark.integration

BILL = PROJECT / "tests" / "golden" / "wechatpay_success_20_columns" / "bill.csv"
"""Of 8 March 2026."""
OWES = '"till_gbk:month wechatpay_trade_bill:day@10:00"'
REGISTRY = f"""\
sender_id,sender_name,kind,time_zone,currency,owes,since,until,settings
S00101,Riverside 河滨店,store,Asia/Shanghai,CNY,{OWES},2026-03-07,2026-03-08,"closed=2026-03-07"
chain,Head office 总部,chain,Asia/Shanghai,CNY,chain_campaign_spend:month@+5d,2026-03-01,2026-03-31,
"""


@pytest.fixture
def chain(sample: Settings) -> Settings:
    """The sample's files of one store and the head office, taken in, with a registry in which both owe more."""
    (sample.home / "stores.csv").write_text(REGISTRY, encoding="utf-8")
    settings = Settings.load()
    take_in(settings)
    return settings


def take_in(settings: Settings) -> None:
    for feed in discover(settings, ["S00101", "chain"]):
        load_feed(settings, feed)


def show(settings: Settings, now: str, *senders: str, day: str | None = None, status: str | None = None) -> str:
    """What `loopmart calendar` prints at a moment of UTC."""
    console = Console(file=io.StringIO(), width=240)
    choice = choose(
        senders, datetime.fromisoformat(day).date() if day else None, None, None, [status] if status else []
    )
    print_calendar(settings, console, choice, 50, datetime.fromisoformat(now))
    return console.file.getvalue()  # type: ignore[attr-defined]


def read_row(shown: str, source: str) -> list[str]:
    (line,) = [line for line in shown.splitlines() if f" {source} " in line]
    return line.split()


def test_a_bill_is_not_due_then_missing_then_late(chain: Settings) -> None:
    bill = {"day": "2026-03-08"}
    before = read_row(show(chain, "2026-03-09 01:59", "S00101", **bill), "wechatpay_trade_bill")
    assert before[2:6] == ["2026-03-08", "not_due", "2026-03-09", "10:00"]
    after = show(chain, "2026-03-09 02:01", "S00101", **bill)
    assert read_row(after, "wechatpay_trade_bill")[2:4] == ["2026-03-08", "missing"]
    assert "ask Riverside 河滨店 for the file, into landing/S00101/" in after

    came = chain.landing_dir / "S00101" / "bill.csv"
    shutil.copyfile(BILL, came)
    moment = datetime(2026, 3, 9, 5, 30, tzinfo=UTC).timestamp()
    os.utime(came, (moment, moment))
    take_in(chain)
    late = show(chain, "2026-03-09 06:00", "S00101", **bill)
    assert read_row(late, "wechatpay_trade_bill")[3:11] == [
        "late", "2026-03-09", "10:00", "2026-03-09", "13:30,", "3.5", "h", "late",
    ]  # fmt: skip
    assert "S00101/bill.csv" in late


def test_the_clock_does_not_change_what_flows_into_the_marts(chain: Settings) -> None:
    expected = duckdb.sql(
        f"select source, period_start::varchar, status, is_sales from '{chain.manifest_dir}/expected_files.parquet' "
        "order by all"
    ).fetchall()
    assert expected == [
        ("till_gbk", "2026-03-07", "arrived", True),
        ("wechatpay_trade_bill", "2026-03-07", "closed", False),
        ("wechatpay_trade_bill", "2026-03-08", "missing", False),
    ]


def test_closed_days_and_lists_of_the_head_office_are_shown_with_what_to_do(chain: Settings) -> None:
    closed = read_row(show(chain, "2026-03-09 06:00", status="closed"), "wechatpay_trade_bill")
    assert closed[2:] == ["2026-03-07", "closed", "nothing", "is", "owed"]
    spend = read_row(show(chain, "2026-04-09 06:00", "chain", status="late"), "chain_campaign_spend")
    assert spend[2:6] == ["2026-03", "late", "2026-04-06", "00:00"]


def test_a_refused_file_is_pointed_out_where_its_period_is_missing(sample: Settings) -> None:
    take_in(sample)
    shown = show(sample, "2026-05-09 06:00", "S00101")
    assert "S00101/销售明细_202604.csv was refused, see loopmart files --status refused" in shown
    assert "1 missing" in shown


def test_nothing_owed_is_said_as_such(sample: Settings, tmp_path: Path) -> None:
    take_in(sample)
    assert "nothing is owed" in show(sample, "2026-05-09 06:00", "chain")
