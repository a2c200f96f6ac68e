"""What payment companies send besides plain bills: zips of two files, answers without a file, bills of a provider."""

from __future__ import annotations

import json
from decimal import Decimal

import duckdb
import pytest

from loopmart.settings import Settings
from tests.conftest import PROJECT
from tests.golden.containers import zip_with_gbk_names
from tests.integration.landing import land, load_all, reasons_of, register

pytestmark = pytest.mark.integration

GOLDEN = PROJECT / "tests" / "golden"


def bill_of(case: str) -> str:
    return (GOLDEN / case / "bill.csv").read_text(encoding="utf-8")


def test_of_the_two_files_in_a_zip_of_alipay_the_entries_are_loaded_and_the_sums_are_known(settings: Settings) -> None:
    bill = bill_of("alipay_trade_bill")
    members = {"20880000_业务明细.csv": bill, "20880000_业务明细(汇总).csv": bill_of("alipay_trade_summary")}
    land(settings, "20880000.csv.zip", zip_with_gbk_names({k: v.encode("gb18030") for k, v in members.items()}))
    files = load_all(settings)
    entries = files["S00101/20880000.csv.zip!/20880000_业务明细.csv"]
    sums = files["S00101/20880000.csv.zip!/20880000_业务明细(汇总).csv"]
    assert (entries["status"], entries["loaded_rows"], entries["control_amount"]) == ("loaded", 3, Decimal("1030.56"))
    assert (sums["status"], sums["source"], sums["loaded_rows"]) == ("ignored", "alipay_trade_summary", 0)
    assert sums["reason"].startswith("it sums up the 业务明细 of its zip")


def test_what_is_no_bill_is_refused_with_what_the_vendor_says(settings: Settings) -> None:
    header = bill_of("wechatpay_all_27_columns").splitlines()[0]
    files = {
        "v2.csv": (
            "<xml><return_code><![CDATA[FAIL]]></return_code>\n<return_msg><![CDATA[No Bill Exist]]></return_msg>\n"
            "<error_code><![CDATA[20002]]></error_code>\n</xml>",
            "return_code FAIL, return_msg No Bill Exist, error_code 20002",
        ),
        "v3.csv": (json.dumps({"code": "NO_STATEMENT_EXIST", "message": "账单不存在"}), "message 账单不存在"),
        "link.json": (json.dumps({"hash_type": "SHA1", "download_url": "https://example.com/f?token=1"}), "a link to"),
        "cut.csv": (header + "\n", "not complete"),
    }
    for name, (text, _) in files.items():
        land(settings, name, text.encode())
    found = load_all(settings)
    for name, (_, said) in files.items():
        assert found[f"S00101/{name}"]["status"] == "refused"
        assert said in found[f"S00101/{name}"]["reason"]
    assert "token" not in json.dumps([f["reason"] for f in found.values()])


def test_a_bill_inside_the_answer_of_an_api_is_read(settings: Settings) -> None:
    answer = {"errcode": 0, "errmsg": "ok", "respdata": "\ufeff" + bill_of("wechatpay_all_27_columns")}
    land(settings, "answer.json", json.dumps(answer, ensure_ascii=False).encode())
    (file,) = load_all(settings).values()
    assert (file["status"], file["control_amount"]) == ("loaded", Decimal("148.00"))


@pytest.mark.parametrize("nights", [1, 2])
def test_entries_of_a_provider_and_of_its_sub_merchant_count_once(settings: Settings, nights: int) -> None:
    settings = register(settings, {"S00101": "alias.wechatpay=1900000099", "S00102": "alias.wechatpay=1900000098"})
    provider = bill_of("wechatpay_service_provider").splitlines()
    own = [provider[0], *(line for line in provider[1:-2] if "`1900000099,`" in line), provider[-2]]
    own.append("`2,`10.00,`4.00,`0.00,`0.04000,`10.00,`4.00")
    land(settings, "own.csv", ("\n".join(own) + "\n").encode())
    if nights == 2:
        load_all(settings)
    land(settings, "provider.csv", ("\n".join(provider) + "\n").encode(), "chain")
    files = load_all(settings)
    assert sum(f["loaded_rows"] for f in files.values()) == 3
    assert sum(f["control_amount"] for f in files.values()) == Decimal("13.50")
    again = [reason for reason in reasons_of(settings, "payments") if "counts already from line" in reason]
    assert len(again) == 2
    rows = duckdb.sql(
        f"select store_id, sum(amount) from '{settings.bronze_dir}/payments/batch=2*/*.parquet' group by 1 order by 1"
    ).fetchall()
    assert rows == [("S00101", Decimal("6.00")), ("S00102", Decimal("7.50"))]
