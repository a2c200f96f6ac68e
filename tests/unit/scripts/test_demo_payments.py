"""Tenders and bills of invented receipts, read back from the files as a clerk would read them."""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from loopmart.contracts.feeds import load_feeds
from loopmart.contracts.sources import load_sources
from loopmart.ingest.recognise import recognise
from tests.conftest import PROJECT

sys.path.insert(0, str(PROJECT / "scripts"))
import demo_bills
import demo_payments

ZONE = "America/New_York"
RECEIPTS = 6_000
MOBILE = {"微信": "wechat", "支付宝": "alipay"}


@dataclass
class Year:
    """What stands in the files: tenders and bill entries as (store, order, channel, kind) with amount, day and fee."""

    files: dict[str, bytes]
    breaks: list[dict[str, Any]]
    net: Decimal
    tenders: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)


def pay(*, with_breaks: bool) -> Year:
    """Receipts of 400 households in 7 stores from morning to midnight, some with a coupon, one worth nothing."""
    con = duckdb.connect()
    con.execute(f"""
        create table lines as
        select 'S0000' || (1 + n % 7) as store, (30000000000 + n)::varchar as basket, 'VIP' || (n * 7 % 400) as card,
            local_at at time zone '{ZONE}' at time zone 'UTC' as utc_at, local_at,
            (if(n = 9, 0, 100 + n * if(n % 3 = 0, 50, 37) % 9000) / 100)::decimal(18, 2) as net,
            (if(n % 50 = 0, 0.5, 0))::decimal(18, 2) as coupon
        from (
            select n, timestamp '2017-01-01 06:00:07' + to_days((n * 17 % 364)::integer)
                + to_seconds((n * 7919 % 64700)::integer) as local_at
            from range({RECEIPTS}) as numbers (n)
        )
    """)
    demo_payments.pay_receipts(con, ZONE, with_breaks=with_breaks)
    (net,) = con.execute("select sum(net) from lines").fetchall()[0]
    year = Year(dict(demo_bills.payment_files(con, "USD")), demo_payments.list_breaks(con), net)
    for path, content in year.files.items():
        if "tenders" in path:
            year.tenders += read_tenders(content)
        else:
            year.entries += read_wechat(content) if "All" in path else read_alipay(content)
    return year


def read_tenders(content: bytes) -> list[dict[str, Any]]:
    rows = csv.DictReader(io.StringIO(content.decode()))
    return [
        {
            "store": row["门店"], "order": row["小票号"], "channel": MOBILE.get(row["支付方式"], row["支付方式"]),
            "kind": "refund" if row["金额"].startswith("-") else "payment", "amount": Decimal(row["金额"]),
            "day": row["支付时间"][:10], "reference": row["参考号"],
        }
        for row in rows
    ]  # fmt: skip


def read_wechat(content: bytes) -> list[dict[str, Any]]:
    header, *lines, trailer, totals = content.decode().splitlines()
    rows = [dict(zip(header.split(","), line[1:].split(",`"), strict=True)) for line in lines]
    promised = dict(zip(trailer.split(","), totals[1:].split(",`"), strict=True))
    assert int(promised["总交易单数"]) == len(rows)
    for name, total in list(promised.items())[1:]:
        cell = {"手续费总金额": "手续费"}.get(name, name.replace("总金额", "金额"))
        assert Decimal(total) == sum(Decimal(row[cell]) for row in rows), name
    return [
        {
            "store": f"S{int(row['特约商户号'][2:]):05d}", "order": row["商户订单号"], "channel": "wechat",
            "kind": {"SUCCESS": "payment", "REFUND": "refund"}[row["交易状态"]],
            "amount": Decimal(row["应结订单金额"]) - Decimal(row["退款金额"]), "ordered": Decimal(row["订单金额"]),
            "day": local_day(row["交易时间"]), "fee": Decimal(row["手续费"]), "rate": Decimal(row["费率"].rstrip("%")),
            "payer": row["用户标识"], "payment": row["微信订单号"],
        }
        for row in rows
    ]  # fmt: skip


def read_alipay(content: bytes) -> list[dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(content), metadata_encoding="gb18030") as archive:
        bill, summary = (archive.read(name).decode("gb18030") for name in sorted(archive.namelist(), key=len))
    table = [line for line in bill.splitlines() if not line.startswith("#")]
    rows = [{k: v.strip("\t") for k, v in row.items()} for row in csv.DictReader(table)]
    paid = [row for row in rows if row["业务类型"] == "交易"]
    total = sum((Decimal(row["商家实收（元）"]) for row in paid), Decimal(0))
    assert f"#交易合计：{len(paid)}笔，商家实收共{total:,}元" in bill
    (whole,) = [row for row in csv.DictReader(summary.splitlines()[4:-2]) if row["门店编号"] == "合计"]
    assert Decimal(whole["商家实收（元）"]) == sum(Decimal(row["商家实收（元）"]) for row in rows)
    assert Decimal(whole["服务费（元）"]) == sum(Decimal(row["服务费（元）"]) for row in rows)
    return [
        {
            "store": row["门店编号"], "order": row["商户订单号"], "channel": "alipay",
            "kind": "payment" if row["业务类型"] == "交易" else "refund", "amount": Decimal(row["商家实收（元）"]),
            "ordered": Decimal(row["订单金额（元）"]), "day": local_day(row["完成时间"]),
            "fee": -Decimal(row["服务费（元）"]),
            "rate": None, "payer": row["对方账户"], "payment": row["支付宝交易号"],
        }
        for row in rows
    ]  # fmt: skip


def local_day(beijing: str) -> str:
    """The day in New York of a time in Beijing."""
    moment = datetime.strptime(beijing, "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    return moment.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%d")


@pytest.fixture(scope="module")
def planted() -> Year:
    return pay(with_breaks=True)


@pytest.fixture(scope="module")
def clean() -> Year:
    return pay(with_breaks=False)


def total(rows: list[dict[str, Any]], **wanted: str) -> Decimal:
    return sum((r["amount"] for r in rows if all(r[k] == v for k, v in wanted.items())), Decimal(0))


def by_order(rows: list[dict[str, Any]], kind: str) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    found = defaultdict(list)
    for row in rows:
        if row["channel"] in MOBILE.values() and row["kind"] == kind:
            found[row["store"], row["order"], row["channel"]].append(row)
    return found


def test_the_tenders_of_every_receipt_come_to_its_net_sales(planted: Year) -> None:
    assert total(planted.tenders, kind="payment") == planted.net
    assert len({t["order"] for t in planted.tenders}) == RECEIPTS
    ways = Counter(t["channel"] for t in planted.tenders)
    assert {"wechat", "alipay", "银行卡", "现金", "储值卡", "代金券"} == set(ways)
    assert 0.5 < ways["wechat"] / RECEIPTS < 0.7


def test_without_planted_breaks_each_tender_has_its_entry_to_the_cent(clean: Year) -> None:
    assert clean.breaks == []
    for kind in ("payment", "refund"):
        tills, bills = by_order(clean.tenders, kind), by_order(clean.entries, kind)
        unnumbered = [row for key, rows in bills.items() if not key[1] for row in rows]
        assert sum((row["amount"] for rows in tills.values() for row in rows), Decimal(0)) == total(
            clean.entries, kind=kind
        )
        left = {key for key in tills if key not in bills}
        assert len(left) == len(unnumbered)
        assert Counter((key[0], key[2], tills[key][0]["amount"]) for key in left) == Counter(
            (row["store"], row["channel"], row["amount"]) for row in unnumbered
        )
        for key in tills.keys() & bills.keys():
            (till,), (bill,) = tills[key], bills[key]
            assert (till["amount"], till["day"]) == (bill["amount"], bill["day"])
            assert till["reference"] in ("", bill["payment"])
            assert bill["ordered"] in (till["amount"], 0)


def test_the_planted_breaks_are_in_the_files_and_no_others_are(planted: Year) -> None:
    found: Counter[tuple[str, str, str, str]] = Counter()
    tills, bills = by_order(planted.tenders, "payment"), by_order(planted.entries, "payment")
    for key in tills.keys() | bills.keys():
        store, order, channel = key
        if order:
            for name in name_breaks(tills.get(key, []), bills.get(key, [])):
                found[name, store, order, channel] += 1
    unnumbered = sum(len(rows) for key, rows in bills.items() if not key[1])
    tills, bills = by_order(planted.tenders, "refund"), by_order(planted.entries, "refund")
    assert bills.keys() <= tills.keys()
    for key, rows in tills.items():
        if key not in bills:
            found["refund_pending", *key] += 1
        elif rows[0]["amount"] != bills[key][0]["amount"]:
            found["refund_amount", *key] += 1
    wanted = Counter((b["class"], b["store_id"], b["order_id_source"], b["payment_channel"]) for b in planted.breaks)
    missing = found - wanted
    assert wanted - found == Counter()
    assert len(missing) == unnumbered == demo_payments.TRIALS["without_order_number"]
    assert {name for name, *_ in missing} == {"missing_in_bill"}


def name_breaks(tills: list[dict[str, Any]], bills: list[dict[str, Any]]) -> list[str]:
    """What a clerk would call the differences of one order number in one channel."""
    if not bills:
        return ["missing_in_bill"]
    if not tills:
        return ["missing_in_pos"]
    (till,), bill = tills, min(bills, key=lambda b: b["payment"])
    names = ["duplicate_charge"] * (len(bills) - 1)
    if till["day"] != bill["day"]:
        names.append("cross_day")
    if bill["ordered"] == till["amount"] > bill["amount"]:
        names.append("coupon_mismatch")
    elif till["amount"] != bill["amount"]:
        names.append("short" if till["amount"] > bill["amount"] else "long")
    cents = [(bill["amount"] * rate / 10000).quantize(Decimal("0.01"), "ROUND_HALF_UP") for rate in (60, 38)]
    if bill["fee"] not in (cents[:1] if bill["rate"] else cents):
        names.append("fee_difference")
    return names


def test_so_many_breaks_of_each_class_are_planted_as_is_said(planted: Year) -> None:
    counts = Counter(b["class"] for b in planted.breaks)
    assert counts == demo_payments.BREAKS
    for b in planted.breaks:
        pos, bill = b["pos_amount"], b["bill_amount"]
        assert (pos is None, bill is None) == (
            b["class"] in ("missing_in_pos", "duplicate_charge"),
            b["class"] in ("missing_in_bill", "refund_pending"),
        )
        assert (b["business_date"] < b["bill_business_date"]) is (b["class"] == "cross_day")


def test_a_payer_is_of_one_household_and_some_households_have_two(planted: Year) -> None:
    card_of = {str(30_000_000_000 + n): n * 7 % 400 for n in range(RECEIPTS)}
    households = defaultdict(set)
    for entry in planted.entries:
        if entry["channel"] == "wechat" and entry["order"] in card_of:
            households[entry["payer"]].add(card_of[entry["order"]])
    assert all(len(cards) == 1 for cards in households.values())
    payers = Counter(card for (card,) in households.values())
    assert set(payers.values()) == {1, 2}


def test_payers_of_alipay_are_masked(planted: Year) -> None:
    assert all("***" in e["payer"] for e in planted.entries if e["channel"] == "alipay")


def test_the_same_receipts_give_the_same_files(planted: Year) -> None:
    again = pay(with_breaks=True)
    assert again.files == planted.files
    assert again.breaks == planted.breaks


def test_every_file_is_one_that_a_contract_knows(planted: Year) -> None:
    known = load_sources(PROJECT / "contracts", load_feeds(PROJECT / "contracts"))
    seen = set()
    for path, content in planted.files.items():
        contents = [content]
        if path.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                contents = [archive.read(name) for name in archive.namelist()]
        for text in contents:
            seen.add(recognise(text, known.values()).source.source)
    assert seen == {"pos_tender_list", "wechatpay_trade_bill", "alipay_trade_bill", "alipay_trade_summary"}


def test_a_bill_of_wechat_is_one_day_of_beijing(planted: Year) -> None:
    days = [path for path in planted.files if "All" in path]
    for path in days:
        _, *lines, _, _ = planted.files[path].decode().splitlines()
        assert {line[1:11].replace("-", "") for line in lines} == {path[-12:-4]}
    assert 300 < len(days) < 370
