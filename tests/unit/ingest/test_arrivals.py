from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from loopmart.contracts.senders import Sender
from loopmart.ingest.arrivals import Entry, list_entries
from tests.unit.ingest.calendar_world import make_catalogue, make_file, make_sender

BILL = "wechatpay_trade_bill"


def read(sender: Sender, files: list[dict[str, Any]], now: str) -> list[Entry]:
    return list_entries(make_catalogue(sender), files, datetime.fromisoformat(now))


def statuses(sender: Sender, files: list[dict[str, Any]], now: str) -> dict[str, str]:
    return {str(entry.period_start): entry.status for entry in read(sender, files, now)}


@pytest.mark.parametrize(
    ("zone", "now", "status"),
    [
        ("Asia/Shanghai", "2026-03-02 02:00", "not_due"),  # 10:00 there, to the minute
        ("Asia/Shanghai", "2026-03-02 02:01", "missing"),
        ("America/New_York", "2026-03-02 15:00", "not_due"),
        ("America/New_York", "2026-03-02 15:01", "missing"),
    ],
)
def test_a_bill_is_not_due_before_its_time_and_missing_after_it(zone: str, now: str, status: str) -> None:
    sender = make_sender(f"{BILL}:day@10:00", time_zone=zone, until="2026-03-01")
    assert statuses(sender, [], now) == {"2026-03-01": status}


def test_a_file_that_comes_after_its_due_moment_has_arrived_late() -> None:
    sender = make_sender(f"{BILL}:day", until="2026-03-01")
    bill = make_file("2026-03-01", source=BILL, arrived_at="2026-03-02 05:30")
    (entry,) = read(sender, [bill], "2026-03-09 00:00")
    assert (entry.status, entry.is_late, entry.file_id) == ("arrived", True, "f2026-03-01")
    assert (entry.due_at, entry.arrived_at) == (datetime(2026, 3, 2, 2), datetime(2026, 3, 2, 5, 30))
    in_time = make_file("2026-03-01", source=BILL, arrived_at="2026-03-02 02:00")
    assert read(sender, [in_time], "2026-03-09 00:00")[0].is_late is False


def test_a_store_that_closes_after_midnight_owes_its_day_at_closing() -> None:
    sender = make_sender("till_utf8:day", until="2026-03-01", settings="closes=02:00")
    assert statuses(sender, [], "2026-03-01 17:59") == {"2026-03-01": "not_due"}  # 01:59 of the 2nd there
    assert statuses(sender, [], "2026-03-01 18:01") == {"2026-03-01": "missing"}


def test_the_running_day_is_listed_as_not_due() -> None:
    sender = make_sender("till_utf8:day")
    assert statuses(sender, [make_file("2026-03-01")], "2026-03-02 12:00") == {
        "2026-03-01": "arrived",
        "2026-03-02": "not_due",
    }


def test_a_month_that_is_covered_in_part_is_partial_and_names_the_days() -> None:
    sender = make_sender("till_utf8:month@+3d", until="2026-03-31")
    files = [make_file("2026-03-01", "2026-03-12"), make_file("2026-03-15", "2026-03-31")]
    assert statuses(sender, files, "2026-04-03 15:59") == {"2026-03-01": "not_due"}
    (entry,) = read(sender, files, "2026-04-03 16:01")
    assert (entry.status, entry.missing_days) == ("partial", (date(2026, 3, 13), date(2026, 3, 14)))
    assert entry.is_overdue
    last = make_file("2026-03-13", "2026-03-14", arrived_at="2026-04-05 00:00")
    (entry,) = read(sender, [*files, last], "2026-04-09 00:00")
    assert (entry.status, entry.is_late, entry.arrived_at) == ("arrived", True, datetime(2026, 4, 5))


def test_a_store_owes_nothing_while_it_is_closed() -> None:
    sender = make_sender("till_utf8:day", until="2026-03-03", settings="closed=sun,2026-03-03")
    assert statuses(sender, [], "2026-03-09 00:00") == {
        "2026-03-01": "closed",
        "2026-03-02": "missing",
        "2026-03-03": "closed",
    }
    closed = read(sender, [], "2026-03-09 00:00")[0]
    assert (closed.due_at, closed.is_late, closed.is_overdue) == (None, None, False)


def test_the_head_office_owes_lists_by_month() -> None:
    chain = make_sender("chain_campaign_spend:month@+5d", sender_id="chain", kind="chain", until="2026-05-31")
    early = {"sender_id": "chain", "source": "chain_campaign_spend"}
    files = [
        make_file(None, file_id="before", arrived_at="2026-03-30 15:59", **early),  # the 30th, a minute to midnight
        make_file(None, file_id="march", arrived_at="2026-03-30 16:00", **early),
        make_file(None, file_id="gap", arrived_at="2026-05-31 01:00", **early),
    ]
    entries = read(chain, files, "2026-06-30 00:00")
    assert [(e.status, e.is_late, e.file_id) for e in entries] == [
        ("arrived", False, "march"),
        ("arrived", True, "gap"),
        ("arrived", False, "gap"),
    ]
    assert [e.status for e in read(chain, files[:2], "2026-06-05 15:59")] == ["arrived", "missing", "not_due"]


def test_the_same_list_sent_again_meets_the_next_month() -> None:
    store = make_sender("vip_card_list:month@+3d", until="2026-04-30")
    first = make_file(None, file_id="list", source="vip_card_list", arrived_at="2026-04-01 00:00")
    again = first | {"status": "duplicate", "modified_at": datetime(2026, 5, 2)}
    assert statuses(store, [first], "2026-06-01 00:00") == {"2026-03-01": "arrived", "2026-04-01": "missing"}
    assert statuses(store, [first, again], "2026-06-01 00:00") == {"2026-03-01": "arrived", "2026-04-01": "arrived"}


def test_all_dues_of_all_senders_stand_in_order() -> None:
    two = make_sender("till_utf8:day alipay_trade_bill:day", sender_id="S2", since="2026-03-02", until="2026-03-02")
    one = make_sender(f"{BILL}:month", until="2026-03-31")
    entries = list_entries(make_catalogue(two, one), [], datetime(2026, 4, 9))
    assert [(e.sender.sender_id, e.source) for e in entries] == [
        ("S1", BILL),
        ("S2", "alipay_trade_bill"),
        ("S2", "till_utf8"),
    ]
