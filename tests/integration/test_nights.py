"""Nights on the sample, through every stage: what is published, and what repeats, corrections and kills change."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from decimal import Decimal

import duckdb
import pytest

from loopmart.settings import Settings
from tests.conftest import copy_sample
from tests.worlds import environment, hash_marts, query_published, run_loopmart

pytestmark = pytest.mark.integration


def correct_april(settings: Settings) -> None:
    """S00103 sends its April again, with one line less and one amount changed."""
    path = settings.landing_dir / "S00103" / "journal-2026-04.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    text = "\n".join(lines[:-1]) + "\n"
    path.with_name("journal-2026-04 corrected.csv").write_text(text, encoding="utf-8-sig")


def test_published_figures_equal_the_count_by_hand(first_night: Settings) -> None:
    figures = query_published(
        first_night,
        "select count(*), sum(item_count), sum(net_sales_amount), sum(loyalty_discount_amount), sum(coupon_amount), "
        "count(distinct member_id) from marts.orders",
    )
    assert figures == [(21, 29, Decimal("483.40"), Decimal("33.10"), Decimal("5.00"), 8)]
    months = query_published(
        first_night,
        "select month(business_date), count(*), sum(net_sales_amount) from marts.orders group by 1 order by 1",
    )
    assert months == [(3, 9, Decimal("241.90")), (4, 12, Decimal("241.50"))]


def test_a_missing_day_is_unknown_and_a_day_without_sales_is_zero(first_night: Settings) -> None:
    days = dict(
        query_published(
            first_night,
            "select day(business_date), net_sales_amount from marts.store_daily_sales where store_id = 'S00104'",
        )
    )
    assert days == {10: Decimal("20.00"), 11: Decimal("21.50"), 12: None, 13: Decimal("0.00"), 14: Decimal("35.80")}


def test_visitors_of_a_campaign_stand_beside_those_of_the_weeks_before(first_night: Settings) -> None:
    rows = query_published(
        first_night,
        "select day_count, counted_day_count, visitor_count, baseline_day_count, baseline_visitor_count, "
        "visitor_change_count, visitor_ratio, conversion_rate, baseline_conversion_rate, verdict "
        "from marts.campaign_traffic where campaign_id = '1' and store_id = 'S00102'",
    )
    rates = (Decimal("1.1586"), Decimal("0.0152"), Decimal("0.0079"))
    assert rows == [(24, 24, 263, 14, 227, 36, *rates, "not causal")]
    lacking = query_published(
        first_night,
        "select store_id, visitor_count, verdict_reason from marts.campaign_traffic "
        "where campaign_id = '1' and verdict = 'not enough data' order by 1",
    )
    nothing = (
        "no door counter file covers {0} of {0} days; "
        "for {0} of {0} days none covers the same weekday in the four weeks before"
    )
    days = {"S00101": 24, "S00103": 24, "S00104": 3}
    assert lacking == [(store, None, nothing.format(count)) for store, count in days.items()]


def test_a_campaign_without_an_order_has_lost_its_cost(first_night: Settings) -> None:
    rows = query_published(
        first_night, "select cost_amount, roi from marts.campaign_roi where campaign_id = '2' and method = 'last_touch'"
    )
    assert rows == [(Decimal("18.80"), Decimal("-1.0000"))]


def test_any_order_is_traced_to_lines_of_files(first_night: Settings) -> None:
    (order_id,) = query_published(
        first_night, "select order_id from marts.orders where store_id = 'S00101' order by 1 limit 1"
    )[0]
    shown = run_loopmart("trace", order_id, settings=first_night).stdout
    assert "S00101" in shown
    assert order_id.split("-")[1] in shown


def test_increments_equal_a_clean_build(night: Settings) -> None:
    revoked = query_published(night, "select file_id from ops.file_ledger where path like '%04-10.xlsx'")[0][0]
    run_loopmart("revoke", revoked, settings=night)
    correct_april(night)
    run_loopmart("run", settings=night)
    without = hash_marts(night)
    run_loopmart("restore", revoked, settings=night)
    run_loopmart("run", settings=night)
    incremental = hash_marts(night)
    assert incremental != without

    night.warehouse_path.unlink()
    shutil.rmtree(night.lake_dir)
    (night.home / "ledger.db").unlink()
    for rest in night.home.glob("ledger.db-*"):
        rest.unlink()
    run_loopmart("run", settings=night)
    assert hash_marts(night) == incremental


def test_a_correction_rebuilds_its_own_dates_alone_and_is_rolled_back(night: Settings) -> None:
    before = hash_marts(night)
    marked = ("intermediate.int_order_lines__keyed", "marts.order_items")
    with duckdb.connect(str(night.warehouse_path)) as warehouse:
        for table in marked:
            warehouse.execute(f"update {table} set source_line = source_line + 100000")
    correct_april(night)
    run_loopmart("run", settings=night)
    in_file = query_published(
        night,
        "select distinct business_date from marts.orders where store_id = 'S00103' and month(business_date) = 4 "
        "union select business_date from marts.orders where order_id = 'S00103-9005'",
    )
    with duckdb.connect(str(night.warehouse_path), read_only=True) as warehouse:
        for table in marked:
            rebuilt = warehouse.execute(
                f"select distinct business_date from {table} where source_line < 100000"
            ).fetchall()
            kept = warehouse.execute(
                f"select distinct business_date from {table} where source_line > 100000"
            ).fetchall()
            assert set(rebuilt) == set(in_file)
            assert len(kept) > 5
            assert not set(rebuilt) & set(kept)

    assert hash_marts(night) != before
    run_loopmart("publish", "--rollback", settings=night)
    assert hash_marts(night) == before
    assert "no version before" in run_loopmart("publish", "--rollback", settings=night, check=False).stderr


@pytest.mark.faults
def test_a_night_killed_at_every_stage_and_repeated_with_renamed_files_publishes_the_same_bytes(
    first_night: Settings, settings: Settings
) -> None:
    copy_sample(settings)
    for moment in ("ingest pos_order_lines: batch", "dbt: 3", "gate marts", "publish: "):
        kill_at(moment, settings)
    for path in sorted(settings.landing_dir.rglob("*.csv"), reverse=True):
        path.rename(path.with_name(f"renamed {path.name}"))
    run_loopmart("run", settings=settings)
    assert hash_marts(settings) == hash_marts(first_night)
    loaded = query_published(settings, "select count(*) from ops.file_ledger where status = 'loaded'")
    assert loaded == [(22,)]


def kill_at(moment: str, settings: Settings) -> None:
    """Run a night and SIGKILL its whole process group as soon as its progress says `moment`."""
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "loopmart.cli", "run"],
        env=environment(settings) | {"COLUMNS": "200"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        for line in process.stderr or ():
            if moment in line:
                os.killpg(process.pid, signal.SIGKILL)
                break
        else:
            raise AssertionError(f"the night ended without saying {moment!r}")
    assert process.returncode == -signal.SIGKILL
