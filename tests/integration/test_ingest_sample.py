"""The sample, as its README says: what each file is for and what must happen to it."""

from __future__ import annotations

import gzip
import re
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from loopmart.ingest.run import discover, load_feed, replay_quarantine
from loopmart.ledger.store import Ledger
from loopmart.ledger.tables import LINE_CLASSES
from loopmart.settings import Settings
from tests.conftest import PROJECT

pytestmark = pytest.mark.integration

QUARANTINED = {
    5: ("net_amount", "n/a", "not_a_decimal"),
    9: ("sold_at", "04/19/26 9:05", "not_a_timestamp"),
    10: (None, None, "not_a_record"),
    11: ("net_sales_amount", "5.50", "gross_is_net_plus_discounts"),
    12: ("store_code", "S00103", "unknown_store"),
    14: ("store_id, order_id_source, line_number", None, "repeated_key"),
}


def ingest(settings: Settings) -> dict[str, dict[str, Any]]:
    """Discover and load; the ledger by path."""
    for feed in discover(settings):
        load_feed(settings, feed)
    return {f["path"]: f for f in Ledger(settings.ledger_url).files()}


def read_feed(settings: Settings, feed: str) -> duckdb.DuckDBPyRelation:
    """Rows of a feed that count."""
    active = settings.manifest_dir / "active_files.parquet"
    return duckdb.sql(
        f"from read_parquet('{settings.bronze_dir}/{feed}/batch=*/*.parquet', hive_types = {{'batch': varchar}}) "
        f"semi join (select batch_id as batch, file_id as _file_id from '{active}') using (batch, _file_id)"
    )


def test_every_file_meets_its_stated_fate(sample: Settings) -> None:
    files = ingest(sample)
    statuses = [f["status"] for f in files.values()]
    assert {s: statuses.count(s) for s in set(statuses)} == {"loaded": 22, "duplicate": 1, "refused": 7}
    reasons = {path: f["reason"] for path, f in files.items() if f["status"] == "refused"}
    expected = {
        "S00101/销售明细_202604.csv": r"promises 实收金额 24.00, its readable lines come to 14",
        "S00102/sales_2026-03 (1).csv.gz": r"gzip is truncated",
        "S00102/sales_2026-04 (1).csv": r"nearly that of till_utf8: missing columns quantity, ",
        "S00102/sales_2026-05.csv": r"empty \(0 bytes\)",
        "S00103/journal-2026-04 (1).csv": r"nearly that of till_semicolon: .* extra columns Cashier$",
        "S00199/sales_2026-04.csv": r"no store or head office is registered for the folder 'S00199'",
        "chain/shelf_plan.csv": r"no contract knows this content",
    }
    assert reasons.keys() == expected.keys()
    for path, pattern in expected.items():
        assert re.search(pattern, reasons[path]), (path, reasons[path])
        assert files[path]["remedy"], path


def test_bad_lines_are_quarantined_with_line_column_value_and_remedy(sample: Settings) -> None:
    ingest(sample)
    rows = duckdb.sql(
        f"select _line, column_name, value, rule, reason, remedy from "
        f"read_parquet('{sample.quarantine_dir}/pos_order_lines/*/*.parquet') order by _line"
    ).fetchall()
    assert {line: (column, value, rule) for line, column, value, rule, _, _ in rows} == QUARANTINED
    assert all(reason and remedy for *_, reason, remedy in rows)


def test_loaded_lines_and_money_equal_the_count_by_hand(sample: Settings) -> None:
    ingest(sample)
    lines = read_feed(sample, "pos_order_lines")
    sums = lines.aggregate("store_id, count(*), sum(net_sales_amount)", "store_id").order("1").fetchall()
    assert sums == [
        ("S00101", 4, Decimal("83.50")),
        ("S00102", 12, Decimal("224.20")),
        ("S00103", 8, Decimal("98.40")),
        ("S00104", 5, Decimal("77.30")),
    ]


def test_tenders_and_bill_entries_equal_the_count_by_hand(sample: Settings) -> None:
    ingest(sample)
    tenders = read_feed(sample, "pos_tenders").aggregate("payment_channel, count(*), sum(amount)", "payment_channel")
    assert tenders.order("1").fetchall() == [("cash", 1, Decimal("8.40")), ("wechat", 8, Decimal("155.80"))]
    bill = read_feed(sample, "payments").aggregate("store_id, count(*), sum(amount), sum(fee_amount)", "store_id")
    assert bill.order("1").fetchall() == [
        ("S00102", 5, Decimal("97.09"), Decimal("0.58")),
        ("S00103", 4, Decimal("33.50"), Decimal("0.27")),
    ]


def test_visitors_equal_the_count_by_hand_and_bad_counts_are_quarantined(sample: Settings) -> None:
    ingest(sample)
    assert read_feed(sample, "store_traffic").aggregate("count(*), sum(visitor_count)").fetchall() == [(38, 389)]
    refused = duckdb.sql(
        "select _line, column_name, value, rule from "
        f"read_parquet('{sample.quarantine_dir}/store_traffic/*/*.parquet') order by _line"
    ).fetchall()
    assert refused == [
        (40, "store_id, business_date, count_id_source", None, "repeated_key"),
        (41, "visitors_in", "-4", "out_of_range"),
    ]


def test_a_later_count_of_the_same_days_takes_the_place_of_the_earlier_one(sample: Settings) -> None:
    ingest(sample)
    path = sample.landing_dir / "S00102" / "door_counter_2026-03-06.csv"
    corrected = path.read_text().replace("2026-03-06,9,9", "2026-03-06,19,9")
    path.with_name("corrected.csv").write_text(corrected)
    files = ingest(sample)
    assert files["S00102/door_counter_2026-03-06.csv"]["status"] == "superseded"
    assert read_feed(sample, "store_traffic").aggregate("count(*), sum(visitor_count)").fetchall() == [(38, 399)]


def test_every_line_of_every_loaded_file_is_accounted_for(sample: Settings) -> None:
    for path, file in ingest(sample).items():
        if file["status"] == "loaded" and not path.endswith(".xlsx"):
            raw = (sample.landing_dir / path).read_bytes()
            text = gzip.decompress(raw) if path.endswith(".gz") else raw
            assert file["line_count"] == len(text.splitlines()), path
        if file["status"] == "loaded":
            assert file["line_count"] == sum(file[name] for name in LINE_CLASSES), path


def test_each_row_names_the_line_it_stands_on(sample: Settings) -> None:
    files = {f["file_id"]: p for p, f in ingest(sample).items() if f["status"] == "loaded" and p.endswith(".csv")}
    found = read_feed(sample, "pos_order_lines").select("_file_id, _line, order_id_source").fetchall()
    checked = 0
    for file_id, line, receipt in found:
        if file_id in files:
            text = (sample.landing_dir / files[file_id]).read_bytes().splitlines()[line - 1]
            assert receipt.encode() in text, (files[file_id], line)
            checked += 1
    assert checked > 15


def test_a_local_time_becomes_utc_and_keeps_its_business_date(sample: Settings) -> None:
    ingest(sample)
    lines = read_feed(sample, "pos_order_lines").filter("business_date = '2026-04-25'")
    assert str(lines.aggregate("max(ordered_at)").fetchone()[0]) == "2026-04-25 15:59:59"


def test_no_card_number_leaves_landing(sample: Settings) -> None:
    before = set(sample.home.rglob("*"))
    ingest(sample)
    written = [p for p in sample.home.rglob("*") if p.is_file() and p not in before]
    assert len(written) > 20
    for path in written:
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content = str(duckdb.read_parquet(str(path)).fetchall()).encode()
        assert b"VIP900" not in content, path


def test_calendar_tells_what_is_missing(sample: Settings) -> None:
    ingest(sample)
    query = f"select store_id, period_start::varchar, status from '{sample.manifest_dir}/expected_files.parquet'"
    expected = duckdb.sql(query).fetchall()
    missing = {(store, start) for store, start, status in expected if status == "missing"}
    assert len(expected) == 11
    assert missing == {("S00101", "2026-04-01"), ("S00104", "2026-04-12")}


def test_same_bytes_again_under_other_names_load_nothing(sample: Settings) -> None:
    before = ingest(sample)
    rows = read_feed(sample, "pos_order_lines").order("all").fetchall()
    for path in sorted(sample.landing_dir.rglob("*.csv"), reverse=True):
        path.rename(path.with_name(f"again {path.name}"))
    for path in sample.landing_dir.rglob("*.xlsx"):
        path.touch()
    after = ingest(sample)
    new = [f for p, f in after.items() if p not in before]
    assert {f["status"] for f in new} == {"duplicate", "refused"}
    assert read_feed(sample, "pos_order_lines").order("all").fetchall() == rows


def test_a_corrected_file_supersedes_the_earlier_one(sample: Settings) -> None:
    ingest(sample)
    path = sample.landing_dir / "S00103" / "journal-2026-04.csv"
    corrected = path.with_name("journal-2026-04 corrected.csv")
    text = path.read_text(encoding="utf-8-sig")
    corrected.write_text("\n".join(text.splitlines()[:-1]) + "\n", encoding="utf-8-sig")
    files = ingest(sample)
    assert files["S00103/journal-2026-04.csv"]["status"] == "superseded"
    assert files["S00103/journal-2026-04.csv"]["counterpart_file_id"] == files[f"S00103/{corrected.name}"]["file_id"]
    (count,) = read_feed(sample, "pos_order_lines").filter("store_id = 'S00103'").aggregate("count(*)").fetchone()
    assert count == 7
    Ledger(sample.ledger_url).change_status(files[f"S00103/{corrected.name}"]["file_id"], "loaded", "revoked", "wrong")
    assert ingest(sample)["S00103/journal-2026-04.csv"]["status"] == "loaded"
    Ledger(sample.ledger_url).change_status(files[f"S00103/{corrected.name}"]["file_id"], "revoked", "loaded", None)
    assert ingest(sample)["S00103/journal-2026-04.csv"]["status"] == "superseded"


def test_revoke_takes_a_file_out_and_restore_brings_it_back(sample: Settings) -> None:
    files = ingest(sample)
    ledger = Ledger(sample.ledger_url)
    file_id = files["S00104/Sales 2026-04-10.xlsx"]["file_id"]
    ledger.change_status(file_id, "loaded", "revoked", "test")
    discover(sample)
    assert file_id not in {row[0] for row in read_feed(sample, "pos_order_lines").select("_file_id").fetchall()}
    ledger.change_status(file_id, "revoked", "loaded", None)
    discover(sample)
    assert file_id in {row[0] for row in read_feed(sample, "pos_order_lines").select("_file_id").fetchall()}


def test_a_mended_contract_brings_in_a_refused_file(
    sample: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ingest(sample)["S00199/sales_2026-04.csv"]["status"] == "refused"
    stores = tmp_path / "stores.csv"
    line = "S00199,New,store,Asia/Shanghai,CNY,till_utf8:month,2026-04-01,\n"
    stores.write_text(sample.stores_file.read_text(encoding="utf-8") + line, encoding="utf-8")
    monkeypatch.setenv("LOOPMART_STORES", str(stores))
    assert ingest(Settings.load())["S00199/sales_2026-04.csv"]["status"] == "loaded"


def test_replay_clears_exactly_what_a_mended_contract_fixes(
    sample: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ingest(sample)["S00102/sales_2026-04.csv"]
    assert (before["loaded_rows"], before["quarantined_rows"]) == (6, 6)
    project = tmp_path / "project"
    shutil.copytree(PROJECT / "contracts", project / "contracts")
    feed = project / "contracts" / "feeds" / "pos_order_lines.odcs.yaml"
    rule = "gross_amount = net_sales_amount + loyalty_discount_amount + coupon_match_amount"
    feed.write_text(feed.read_text(encoding="utf-8").replace(rule, "gross_amount >= net_sales_amount"))
    monkeypatch.setenv("LOOPMART_PROJECT", str(project))
    replay_quarantine(Settings.load())
    after = next(f for f in Ledger(sample.ledger_url).files() if f["file_id"] == before["file_id"])
    assert (after["loaded_rows"], after["quarantined_rows"]) == (7, 5)
    lines = read_feed(sample, "pos_order_lines").filter("store_id = 'S00102'")
    assert len(lines) == 13
    replay_quarantine(Settings.load())
    assert len(read_feed(sample, "pos_order_lines").filter("store_id = 'S00102'")) == 13


def test_a_symbolic_link_is_refused_and_not_followed(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("not to be read")
    folder = settings.landing_dir / "S00101"
    folder.mkdir(parents=True)
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "nowhere.csv").symlink_to(tmp_path / "nothing.csv")
    files = ingest(settings)
    assert {(f["status"], f["reason"]) for f in files.values()} == {("refused", "it is a symbolic link")}
    assert len(files) == 2


def test_a_killed_batch_is_swept_and_nothing_of_it_is_seen(sample: Settings) -> None:
    ingest(sample)
    rows = len(read_feed(sample, "pos_order_lines"))
    feed = sample.bronze_dir / "pos_order_lines"
    source = next(feed.glob("batch=2*/*.parquet"))
    for name in ("batch=20260101T000000000000-dead00", ".aside-20260101T000000000000-dead01"):
        (feed / name).mkdir()
        (feed / name / source.name).write_bytes(source.read_bytes())
    assert len(read_feed(sample, "pos_order_lines")) == rows
    load_feed(sample, "pos_order_lines")
    assert not list(feed.glob("*dead*"))
