"""Orders out of everything that tills and shops send: nothing lost, nothing twice, refunds on their own day."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from loopmart.settings import Settings
from tests.conftest import PROJECT
from tests.integration.landing import land, load_all
from tests.worlds import hash_marts, query_published, run_loopmart

pytestmark = pytest.mark.integration

GOLDEN = PROJECT / "tests" / "golden"
CASES = {
    "catering_items": "T1",
    "catering_orders": "T1",
    "jd_orders": "T2",
    "kemai_sales_lines": "chain",
    "loyverse_receipts_by_item": "T3",
    "loyverse_receipts_month_first": "T4",
    "pos_generic_long_english": "S00101",
    "pos_generic_wide_english": "S00101",
    "pospal_api_tickets": "T5",
    "pospal_tickets": "T6",
    "shopify_orders": "T7",
    "sixun_saleflow": "T8",
    "square_items_35_columns": "T9",
    "youzan_orders": "chain",
}
"""A golden case of each source of lines or receipts of tills and shops, and who sends it."""
ALIASES = {"S00101": "alias.kemai=001;alias.youzan=河滨烘焙(总店)", "S00102": "alias.kemai=002"}
STATED_TWICE = Decimal("1119.00")  # the lines of T1 whose receipts T1 sends, too


def write_stores(settings: Settings, cases: dict[str, dict[str, Any]]) -> Settings:
    """A registry that knows the senders of all cases, each in the currency of its file."""
    currencies = {CASES[name]: case["rows"][0].get("currency", "CNY") for name, case in cases.items()}
    stores_file = settings.home / "stores.csv"
    with stores_file.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        names = ("sender_id", "sender_name", "kind", "time_zone", "currency", "owes", "since", "until", "settings")
        writer.writerow(names)
        for sender in sorted({*CASES.values(), *ALIASES}):
            kind = "chain" if sender == "chain" else "store"
            currency = "CNY" if sender in ("chain", *ALIASES) else currencies[sender]
            writer.writerow(
                [sender, f"Sender {sender}", kind, "Asia/Shanghai", currency, "", "2025-01-01", "", ALIASES.get(sender)]
            )
    return replace(settings, stores_file=stores_file)


def build_and_publish(settings: Settings, *options: str) -> None:
    run_loopmart("build", *options, settings=settings)
    run_loopmart("publish", settings=settings)


def test_every_till_and_shop_becomes_orders_to_the_cent_and_increments_equal_a_full_build(settings: Settings) -> None:
    cases = {name: json.loads((GOLDEN / name / "expected.json").read_text(encoding="utf-8")) for name in CASES}
    settings = write_stores(settings, cases)
    for name, sender in CASES.items():
        (bill,) = (GOLDEN / name).glob("bill.*")
        land(settings, f"{name}{bill.suffix}", bill.read_bytes(), sender)
    (settings.home / "store_hierarchy.csv").write_text(
        "store_id,department,tenant,mall,valid_from,valid_to\n"
        "T9,,,Harbour,2025-01-01,2026-03-07\nT9,Food,,Plaza,2026-03-08,\n",
        encoding="utf-8",
    )
    assert {file["status"] for file in load_all(settings).values()} == {"loaded"}
    build_and_publish(settings)
    told = sum(Decimal(case["control_amount"]) for case in cases.values()) - STATED_TWICE
    assert query_published(
        settings, "select sum(net_sales_amount), sum(gross_amount - discount_amount) from marts.orders"
    ) == [(told, told)]
    assert query_published(
        settings,
        "select sum(net_sales_amount) + (select sum(unitemised_amount) from marts.orders) from marts.order_items",
    ) == [(told,)]
    # T1 tells 20260308000000001 and 1002 twice, 1002 under the business day before the one of its lines.
    assert query_published(
        settings,
        "select order_id_source, order_kind, net_sales_amount, unitemised_amount, item_count from marts.orders "
        "where store_id = 'T1' order by 1",
    ) == [
        ("1002", "sale", Decimal("30.00"), Decimal("-15.00"), 1),
        ("1003", "void", Decimal("0.00"), Decimal("0.00"), 0),
        ("20260308000000001", "sale", Decimal("128.50"), Decimal("-945.50"), 2),
    ]
    assert query_published(settings, "select distinct channel from marts.orders order by 1") == [
        ("marketplace",), ("shop",), ("store",),
    ]  # fmt: skip
    assert query_published(
        settings,
        "select order_id, order_kind, net_sales_amount, refunded_order_id from marts.orders "
        "where store_id = 'T9' and order_kind = 'refund'",
    ) == [("T9-T1-refund-P2", "refund", Decimal("-4.00"), "T9-T1")]
    # Nobody sent a product list: all that was sold stands in the bin, and in the sums.
    assert query_published(
        settings, "select sum(net_sales_amount), sum(row_count) from marts.unmapped_values where kind = 'product'"
    ) == query_published(settings, "select sum(net_sales_amount), count(*) from marts.order_items")
    assert query_published(
        settings, "select store_id, mall, is_latest from marts.store_hierarchy order by valid_from_date"
    ) == [("T9", "Harbour", False), ("T9", "Plaza", True)]
    assert query_published(settings, "select department, mall from marts.stores where store_id = 'T9'") == [
        ("Food", "Plaza")
    ]
    bring_back_three_days_later(settings)
    incremental = hash_marts(settings)
    build_and_publish(settings, "--full-refresh")
    assert hash_marts(settings) == incremental


def bring_back_three_days_later(settings: Settings) -> None:
    """A part of A1 comes back under its number, a part of R1 as a receipt; the days of the sales stay as they are."""
    sales = "select * from marts.orders where business_date <= date '2026-03-09' order by order_id"
    days = "select * from marts.store_daily_sales where business_date <= date '2026-03-09' order by all"
    before = query_published(settings, sales), query_published(settings, days)
    header = "store_id,receipt_no,sold_at,product_id,quantity,net_amount"
    land(settings, "back.csv", f"{header}\nS00101,A1,2026-03-11 10:00:00,P1,-1,-500.00\n".encode())
    header = "store_id,receipt_no,kind,closed_at,net_amount,cash"
    land(settings, "receipts back.csv", f"{header}\nS00101,R1,refund,2026-03-11 11:00:00,-40.00,-40.00\n".encode())
    load_all(settings)
    build_and_publish(settings)
    assert (query_published(settings, sales), query_published(settings, days)) == before
    assert query_published(
        settings,
        "select order_id, net_sales_amount, refund_amount, refunded_order_id, sale_business_date::varchar, is_purchase "
        "from marts.orders where business_date = date '2026-03-11' order by 1",
    ) == [
        ("S00101-A1-refund", Decimal("-500.00"), Decimal("500.00"), "S00101-A1", "2026-03-08", False),
        ("S00101-R1-refund", Decimal("-40.00"), Decimal("40.00"), "S00101-R1", "2026-03-08", False),
    ]
    assert query_published(
        settings,
        "select order_count, net_sales_amount, refund_amount from marts.store_daily_sales "
        "where store_id = 'S00101' and business_date = date '2026-03-11'",
    ) == [(0, Decimal("-540.00"), Decimal("540.00"))]
