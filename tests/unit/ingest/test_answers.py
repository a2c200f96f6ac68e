"""Answers of APIs that hold no file, or hold it inside."""

from __future__ import annotations

import json

import pytest

from loopmart.ingest.answers import explain_answer, unwrap_answer

ANSWERS = {
    "return_code FAIL, return_msg No Bill Exist, error_code 20002": (
        "<xml><return_code><![CDATA[FAIL]]></return_code>\n<return_msg><![CDATA[No Bill Exist]]></return_msg>\n"
        "<error_code><![CDATA[20002]]></error_code>\n</xml>"
    ),
    "code NO_STATEMENT_EXIST, message 请求的账单文件不存在": (
        '{"code":"NO_STATEMENT_EXIST","message":"请求的账单文件不存在"}'
    ),
    "code 40004, msg Business Failed, sub_code isp.bill_not_exist, sub_msg 账单不存在": (
        '{"alipay_data_dataservice_bill_downloadurl_query_response":{"code":"40004","msg":"Business Failed",'
        '"sub_code":"isp.bill_not_exist","sub_msg":"账单不存在"},"sign":"AAAA"}'
    ),
    "title 404 Not Found": "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body></body></html>",
}


@pytest.mark.parametrize("told", ANSWERS)
def test_what_the_vendor_says_is_quoted(told: str) -> None:
    explained = explain_answer(ANSWERS[told].encode())
    assert explained
    assert explained[0] == f"it is no file but an answer that says: {told}"


@pytest.mark.parametrize(
    "answer",
    [
        '{"hash_type":"SHA1","hash_value":"79bb","download_url":"https://example.com/file?token=SECRET"}',
        '{"a_response":{"code":"10000","msg":"Success","bill_download_url":"http://example.com/f?token=SECRET"}}',
    ],
)
def test_a_link_is_told_and_not_shown(answer: str) -> None:
    explained = explain_answer(answer.encode())
    assert explained
    assert "a link to the file" in explained[0]
    assert "SECRET" not in "".join(explained)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"{", b"[]", b'{"users": []}', b"<svg/>", b"\xff<\x00"])
def test_anything_else_is_no_answer(content: bytes) -> None:
    assert explain_answer(content) is None
    assert unwrap_answer(content) == content


def test_the_text_inside_an_answer_is_the_file() -> None:
    bill = "\ufeff交易时间,金额\r\n`2026-03-08 09:15:00,`1.00\r\n"
    answer = json.dumps({"errcode": 0, "errmsg": "ok", "respdata": bill}, ensure_ascii=False)
    assert unwrap_answer(b"\xef\xbb\xbf" + answer.encode()).decode() == bill
    assert unwrap_answer(json.dumps({"respdata": bill}).encode()).decode() == bill


@pytest.mark.parametrize("answer", ['{"errcode": -1, "respdata": ""}', '{"errcode": -1, "respdata": null}'])
def test_an_answer_that_carries_nothing_stays_as_it_is(answer: str) -> None:
    assert unwrap_answer(answer.encode()).decode() == answer
