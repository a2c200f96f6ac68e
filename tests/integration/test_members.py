"""Who is a member: nights on which lists, bills and decisions arrive after the orders that they name."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from loopmart.ingest.tokens import tokenise
from loopmart.settings import Settings
from tests.conftest import TOKEN_KEY
from tests.integration.landing import land
from tests.worlds import hash_marts, query_published, run_loopmart

pytestmark = pytest.mark.integration

APP, OTHER_APP = "wx0000000000000001", "wx0000000000000002"
BILL_HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,商品名称,商户数据包,手续费,费率,订单金额,费率备注"
)
BILL_TOTALS = "总交易单数,应结订单总金额,手续费总金额,订单总金额"
MARCH = [("5001", "ann", "74.90"), ("5002", "bob", "16.00"), ("5004", "bob", "12.00")]
APRIL = [("5104", "cid", "7.00")]
FAIR = [("000003", "cid", "6.50")]


def write_bill(day: str, app: str, paid: list[tuple[str, str, str]]) -> bytes:
    """A bill of WeChat Pay in its short form: (order number, openid, amount) each."""
    lines = [
        f"`{day} 20:00:00,`{app},`1900000001,`0,`,`42{day.replace('-', '')}{order},`{order},`{openid},`JSAPI,`SUCCESS,"
        f"`OTHERS,`CNY,`{amount},`0.00,`x,`,`0.00,`0.60%,`{amount},`"
        for order, openid, amount in paid
    ]
    total = sum(Decimal(amount) for _, _, amount in paid)
    return "\n".join([BILL_HEADER, *lines, BILL_TOTALS, f"`{len(paid)},`{total},`0.00,`{total}", ""]).encode()


FILES = {
    "members.csv": (
        "S00103",
        b"card_no,phone,name,joined_on\nVIP9000001,13800000001,A,2026-01-05\nVIP9000002,13800000001,A,2026-04-20\n",
    ),
    "march.csv": ("S00102", write_bill("2026-03-28", APP, MARCH)),
    "april.csv": ("S00102", write_bill("2026-04-26", APP, APRIL)),
    "fair.csv": ("S00104", write_bill("2026-04-11", OTHER_APP, FAIR)),
    "followers.json": (
        "chain",
        json.dumps(
            {
                "user_info_list": [
                    {"appid": app, "subscribe": 1, "openid": "cid", "unionid": "u1", "subscribe_time": 1775000000}
                    for app in (APP, OTHER_APP)
                ]
            }
        ).encode(),
    ),
}
"""Two cards of one phone; payers with a card, with one on another day, and with none, who pays under two accounts."""


def arrive(settings: Settings, *names: str) -> None:
    for name in names:
        sender, content = FILES[name]
        land(settings, name, content, sender)


def run_night(settings: Settings, *options: str) -> dict[str, str]:
    run_loopmart("run", *options, settings=settings)
    return hash_marts(settings)


def revoke(settings: Settings, name: str) -> None:
    found = query_published(settings, f"select file_id from ops.file_ledger where path like '%/{name}'")
    run_loopmart("revoke", found[0][0], settings=settings)


def token_of(identifier_type: str, text: str) -> str:
    return tokenise(bytes.fromhex(TOKEN_KEY), identifier_type, text)


def openid(name: str, app: str = APP) -> str:
    return token_of("payer", f"wechat_openid|{app}|{name}")


def founded_by(token: str) -> str:
    return f"M{token[:20]}"


def read_orders(settings: Settings) -> dict[str, tuple[str | None, str | None]]:
    rows = query_published(settings, "select order_id, member_id, member_basis from marts.orders")
    return {order: (member, basis) for order, member, basis in rows}


def read_coverage(settings: Settings) -> tuple[Decimal, Decimal, Decimal]:
    (row,) = query_published(
        settings,
        "select sum(net_sales_amount), sum(card_identified_net_sales_amount), sum(identified_net_sales_amount) "
        "from marts.store_daily_sales",
    )
    return row  # type: ignore[return-value]


def test_payers_lists_and_decisions_name_orders_and_taking_them_back_restores_the_ids(night: Settings) -> None:
    cards = read_orders(night)
    assert read_coverage(night) == (Decimal("483.40"), Decimal("448.90"), Decimal("448.90"))

    arrive(night, "march.csv", "april.csv", "fair.csv")
    incremental = run_night(night)
    orders = read_orders(night)
    assert read_coverage(night) == (Decimal("483.40"), Decimal("448.90"), Decimal("474.40"))
    assert orders["S00102-5004"] == (cards["S00102-5002"][0], "payer")
    assert orders["S00102-5104"] == (founded_by(openid("cid")), "payer")
    assert orders["S00104-000003"] == (founded_by(openid("cid", OTHER_APP)), "payer")
    unnamed = {"S00102-5004", "S00102-5104", "S00104-000003"}
    assert {order: orders[order] for order in orders if order not in unnamed} == {
        order: cards[order] for order in cards if order not in unnamed
    }
    assert query_published(
        night, "select count(*), count(*) filter (not is_registered) from marts.members where order_count > 0"
    ) == [(10, 3)]
    assert query_published(
        night, "select count(*), count(order_id), sum(amount), count(payer_identifier) from marts.payments"
    ) == [(5 + 10, 5 + 9, Decimal("116.40") + Decimal("138.99"), 5 + 6)]  # of these bills, and of the sample

    card, payer = token_of("vip_card", "VIP9000002"), openid("bob")
    assert orders["S00102-5004"][0] == founded_by(card)
    header = "decided_on,decision,a,b,decided_by,reason\n"
    night.identity_decisions_file.write_text(
        f"{header}2026-05-01,veto,vip_card::{card},wechat_openid:{APP}:{payer},qa,two people\n"
    )
    arrive(night, "followers.json")
    run_night(night)
    told = read_orders(night)
    assert told["S00102-5104"][0] == told["S00104-000003"][0]
    assert query_published(
        night,
        "select order_count, net_sales_amount, is_registered from marts.members "
        f"where member_id = '{told['S00102-5104'][0]}'",
    ) == [(2, Decimal("13.50"), False)]
    assert told["S00102-5004"][0] == founded_by(payer)
    assert told["S00102-5002"] == (founded_by(card), "card")
    assert read_coverage(night) == (Decimal("483.40"), Decimal("448.90"), Decimal("474.40"))

    revoke(night, "followers.json")
    night.identity_decisions_file.unlink()
    assert run_night(night) == incremental


def test_whatever_order_files_arrive_in_the_members_are_the_same(night: Settings) -> None:
    for names in (["followers.json", "fair.csv", "members.csv"], ["april.csv", "march.csv"]):
        arrive(night, *names)
        by_nights = run_night(night)
    orders = read_orders(night)
    assert orders["S00102-5001"][0] == orders["S00102-5002"][0] == orders["S00102-5004"][0]
    cards = founded_by(token_of("vip_card", "VIP9000001")), founded_by(token_of("vip_card", "VIP9000002"))
    assert query_published(
        night,
        f"select new_member_id, event, event_date from marts.member_id_history where member_id = '{cards[1]}'",
    ) == [(cards[0], "merge", date(2026, 4, 20))]
    assert run_night(night, "--full-refresh") == by_nights
