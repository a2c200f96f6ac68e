"""The loop: an audience is exported with its hold-out, the world reacts, and the next files tell by how much."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from loopmart.settings import Settings
from tests.conftest import PROJECT
from tests.integration.landing import land
from tests.worlds import hash_marts, query_published, run_loopmart

pytestmark = pytest.mark.integration

DAY = "2026-03-31"
LIFT = Decimal("6.00")
"""What each member who is reached buys more, planted."""
CARDS = [f"VIP{number:05}" for number in range(500)]
PHONES = {card: f"1390000{card[-4:]}" for card in CARDS}
OPTED_OUT = CARDS[:40]
SILENT = CARDS[40:80]
AUDIENCE = """\
name: buyers
description: Everybody who has bought.
campaign_id: REACH-BUYERS
channel: sms
reason: has bought
members: {order_count: {min: 1}}
contact_cap: {contacts: 1, days: 30}
holdout_rate: 0.4
window_days: 28
"""
SALES_HEADER = (
    "store_code,receipt_no,line_no,sold_at,product_code,quantity,gross_amount,loyalty_discount,coupon_match,"
    "manufacturer_coupon,net_amount,currency,card_no"
)


class Sale(NamedTuple):
    """An order of one line."""

    card: str
    sold_at: str
    amount: Decimal


def land_sales(settings: Settings, month: str, last_day: int, sales: Iterable[Sale]) -> None:
    lines = [f"# Old Town, {month}-01 to {month}-{last_day}", SALES_HEADER]
    lines += [
        f"S00102,{month[-2:]}{number:05},1,{sale.sold_at},1005,1,{sale.amount},0.00,0.00,0.00,{sale.amount},CNY,{sale.card}"
        for number, sale in enumerate(sales, start=1)
    ]
    land(settings, f"sales_{month}.csv", "\n".join([*lines, ""]).encode(), "S00102")


def make_sales(month: str, last_day: int, seed: int) -> list[Sale]:
    """Everybody buys once in the month, for 20 yuan and more; nobody knows why."""
    draw = np.random.default_rng(seed)
    amounts = np.round(20 + draw.gamma(2, 5, len(CARDS)), 2)
    days = draw.integers(1, last_day, len(CARDS), endpoint=True)
    return [
        Sale(card, f"{month}-{day:02} 12:00:00", Decimal(f"{amount:.2f}"))
        for card, amount, day in zip(CARDS, amounts, days, strict=True)
    ]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_planted_lift_comes_home_and_who_opted_out_is_never_written_to(settings: Settings) -> None:
    (settings.home / "audiences").mkdir()
    (settings.home / "audiences" / "buyers.yaml").write_text(AUDIENCE, encoding="utf-8")
    consent = dict.fromkeys(CARDS, "yes,2026-01-02") | dict.fromkeys(SILENT, ",")
    members = [f"{card},{PHONES[card]},,{consent[card]}" for card in CARDS]
    header = "card_no,phone,name,sms_consent,consent_on"
    land(settings, "members.csv", "\n".join([header, *members, ""]).encode(), "chain")
    replies = [f"{PHONES[card]},,,,sms,refused,2026-03-05 10:00:00" for card in OPTED_OUT]
    header = "phone,card_no,appid,openid,channel,decision,decided_at"
    land(settings, "consents.csv", "\n".join([header, *replies, ""]).encode(), "chain")
    shutil.copy(PROJECT / "data/sample/landing/chain/products.csv", settings.landing_dir / "chain")
    land_sales(settings, "2026-03", 31, make_sales("2026-03", 31, seed=1))
    run_loopmart("run", settings=settings)

    run_loopmart("audience", "export", "buyers", "--on", DAY, settings=settings)
    (record,) = (settings.landing_dir / "chain").glob("audience_*.csv")
    (folder,) = settings.exports_dir.iterdir()
    exported = record.read_bytes()
    sent = {row["phone"] for row in read_csv(folder / "sms_send_list.csv")}
    assert not sent & {PHONES[card] for card in (*OPTED_OUT, *SILENT)}
    rows = read_csv(record)
    counts = {arm: sum(row["arm"] == arm for row in rows) for arm in ("treatment", "holdout", "excluded")}
    assert counts["treatment"] == len(sent)
    assert counts["excluded"] == len(OPTED_OUT) + len(SILENT)
    assert sum(counts.values()) == len(CARDS)

    april = make_sales("2026-04", 28, seed=2)
    reaction = [Sale(s.card, s.sold_at.replace("12:", "18:"), LIFT) for s in april if PHONES[s.card] in sent]
    land_sales(settings, "2026-04", 30, [*april, *reaction])
    run_loopmart("run", settings=settings)

    ((closed, treated, held, low, high, verdict),) = query_published(
        settings,
        "select is_window_closed, treatment_member_count, holdout_member_count, difference_low, difference_high, "
        "verdict from marts.audience_outcomes where measure = 'net_sales'",
    )
    assert (closed, treated, held) == (True, counts["treatment"], counts["holdout"])
    assert low <= LIFT <= high
    assert high - low < 2 * LIFT
    assert verdict == "measured gain"

    before = hash_marts(settings)
    again = run_loopmart("audience", "export", "buyers", "--on", DAY, settings=settings)
    assert "was exported already, nothing is changed" in again.stdout
    assert record.read_bytes() == exported
    assert sorted(settings.exports_dir.iterdir()) == [folder]
    assert hash_marts(settings) == before
