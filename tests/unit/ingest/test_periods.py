from __future__ import annotations

from datetime import date, datetime

import pytest

from loopmart.ingest.periods import cover_days, is_dated, list_periods, open_days, write_spans
from tests.unit.ingest.calendar_world import FEEDS, SOURCES, make_file, make_sender


@pytest.mark.parametrize(
    ("period", "since", "until", "through", "starts", "last_end"),
    [
        ("day", "2026-02-27", "", "2026-03-01", ["2026-02-27", "2026-02-28", "2026-03-01"], "2026-03-01"),
        ("day", "2026-02-27", "2026-02-28", "2026-03-09", ["2026-02-27", "2026-02-28"], "2026-02-28"),
        ("month", "2026-01-01", "", "2026-03-01", ["2026-01-01", "2026-02-01", "2026-03-01"], "2026-03-31"),
        ("month", "2026-01-01", "2026-02-10", "2026-03-30", ["2026-01-01", "2026-02-01"], "2026-02-28"),
        ("month", "2026-01-15", "", "2026-02-28", ["2026-01-15", "2026-02-01"], "2026-02-28"),
    ],
)
def test_what_is_owed_follows_the_registry(
    period: str, since: str, until: str, through: str, starts: list[str], last_end: str
) -> None:
    sender = make_sender(f"till_utf8:{period}", since, until=until)
    owed = list(list_periods(sender, sender.dues[0].period, date.fromisoformat(through)))
    assert [str(start) for start, _ in owed] == starts
    assert str(owed[-1][1]) == last_end


def test_nothing_is_owed_for_closed_days_and_after_the_last_day() -> None:
    sender = make_sender("till_utf8:month", until="2026-03-10", settings="closed=sun,2026-03-04..2026-03-06")
    days = open_days(sender, date(2026, 3, 1), date(2026, 3, 31))
    assert [day.day for day in days] == [2, 3, 7, 9, 10]


def test_a_correction_does_not_make_the_first_arrival_later() -> None:
    first = make_file("2026-03-01", file_id="first", status="superseded", arrived_at="2026-03-02 01:00")
    later = make_file("2026-03-01", file_id="later", arrived_at="2026-03-09 01:00")
    for files in ([first, later], [later, first]):
        cover = cover_days(files)["S1", "till_utf8"][date(2026, 3, 1)]
        assert (cover.file_id, cover.arrived_at) == ("later", datetime(2026, 3, 2, 1))


def test_a_file_that_does_not_count_covers_no_day() -> None:
    files = [make_file("2026-03-01", status=status) for status in ("revoked", "refused", "superseded", "duplicate")]
    assert not cover_days(files).get(("S1", "till_utf8"))


def test_a_file_came_no_later_than_it_was_first_seen() -> None:
    file = make_file("2026-03-01", arrived_at="2026-03-05 00:00", first_seen_at=datetime(2026, 3, 2))
    assert cover_days([file])["S1", "till_utf8"][date(2026, 3, 1)].arrived_at == datetime(2026, 3, 2)


@pytest.mark.parametrize(
    ("source", "dated"),
    [("till_utf8", True), ("wechatpay_trade_bill", True), ("vip_card_list", False), ("chain_campaign_spend", False)],
)
def test_a_list_without_a_date_is_told_from_files_of_days(source: str, dated: bool) -> None:
    assert is_dated(SOURCES[source], FEEDS[SOURCES[source].feed]) is dated


def test_days_are_written_as_spans_of_neighbours() -> None:
    days = [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 5)]
    assert write_spans(days) == "2026-02-27..2026-03-01, 2026-03-05"
    assert write_spans([]) == ""
