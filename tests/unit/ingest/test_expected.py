from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from loopmart.ingest.expected import expect_files
from tests.unit.ingest.calendar_world import make_catalogue, make_file, make_sender

BOTH = "till_utf8:day wechatpay_trade_bill:day@10:00"
COLUMNS = ("source", "period_start", "status", "is_sales")


def expect(files: list[dict[str, Any]], owes: str = BOTH, **values: str) -> list[tuple[Any, ...]]:
    rows = expect_files(make_catalogue(make_sender(owes, **values)), files)
    return [tuple(str(row[c]) if c == "period_start" else row[c] for c in COLUMNS) for row in rows]


def test_all_dues_of_a_store_are_expected_up_to_the_newest_day_of_any_file() -> None:
    bill = make_file("2026-03-02", source="wechatpay_trade_bill")
    assert expect([make_file("2026-03-01"), bill]) == [
        ("till_utf8", "2026-03-01", "arrived", True),
        ("till_utf8", "2026-03-02", "missing", True),
        ("wechatpay_trade_bill", "2026-03-01", "missing", False),
        ("wechatpay_trade_bill", "2026-03-02", "arrived", False),
    ]


def test_a_bank_statement_of_a_later_day_expects_no_sales_of_that_day() -> None:
    files = [make_file("2026-03-01"), make_file("2026-03-05", source="bank_statement_list")]
    assert expect(files, "till_utf8:day") == [("till_utf8", "2026-03-01", "arrived", True)]
    assert expect(files[1:], "till_utf8:day") == []


def test_a_month_is_expected_on_its_last_day_and_missing_while_a_day_lacks() -> None:
    month = "till_utf8:month"
    assert expect([make_file("2026-03-01", "2026-03-30")], month) == []
    files = [make_file("2026-03-01", "2026-03-30"), make_file("2026-03-31", sender_id="S2")]
    assert expect(files, month) == [("till_utf8", "2026-03-01", "missing", True)]
    assert expect([*files, make_file("2026-03-31")], month) == [("till_utf8", "2026-03-01", "arrived", True)]
    assert expect(files, month, settings="closed=2026-03-31") == [("till_utf8", "2026-03-01", "arrived", True)]


def test_on_a_closed_day_no_file_is_missing() -> None:
    files = [make_file("2026-03-03")]
    assert expect(files, "till_utf8:day", settings="closed=sun") == [
        ("till_utf8", "2026-03-01", "closed", True),
        ("till_utf8", "2026-03-02", "missing", True),
        ("till_utf8", "2026-03-03", "arrived", True),
    ]


def test_lists_without_a_date_and_dues_of_the_head_office_stay_out_of_the_manifest() -> None:
    files = [make_file("2026-03-31"), make_file(None, source="vip_card_list")]
    assert expect(files, "vip_card_list:month@+3d") == []
    assert expect(files, "wechatpay_trade_bill:day", kind="chain") == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["till_utf8", "wechatpay_trade_bill"]),
            st.integers(0, 20),
            st.integers(0, 5),
            st.integers(0, 10**4),
        ),
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
def test_what_is_expected_depends_neither_on_the_order_nor_on_the_time_of_arrivals(
    spans: list[tuple[str, int, int, int]], random: Any
) -> None:
    first = date(2026, 3, 1)
    files = [
        make_file(
            str(first + timedelta(days=start)),
            str(first + timedelta(days=start + length)),
            source=source,
            arrived_at=f"2026-01-01 {minutes % 24:02d}:{minutes % 60:02d}",
        )
        for source, start, length, minutes in spans
    ]
    before = expect(files)
    random.shuffle(files)
    later = [file | {"modified_at": file["modified_at"] + timedelta(days=random.randrange(400))} for file in files]
    assert expect(later) == before
