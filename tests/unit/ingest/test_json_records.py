from __future__ import annotations

import pytest

from loopmart.ingest.json_records import find_records, read_documents


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\n\n"])
def test_a_record_a_line_is_read_with_any_line_end(line_end: str) -> None:
    text = line_end.join(['{"a": "1"}', '{"a": "2"}']) + line_end
    assert read_documents(text.encode()) == ([{"a": "1"}, {"a": "2"}], True)


@pytest.mark.parametrize("sign", ["\u2028", "\x85", "\u2029"])
def test_a_sign_that_unicode_takes_as_a_line_end_may_stand_in_a_text(sign: str) -> None:
    text = f'{{"a": "1{sign}1"}}\n{{"a": "2"}}\n'
    assert read_documents(text.encode()) == ([{"a": f"1{sign}1"}, {"a": "2"}], True)


def test_a_file_of_one_record_is_read_as_one_of_many_is() -> None:
    documents, _ = read_documents(b'{"a": "1"}\n')
    assert find_records(documents, "") == [{"a": "1"}]
    assert find_records(documents, "orders") is None
