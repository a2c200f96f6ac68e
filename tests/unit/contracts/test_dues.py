from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopmart.contracts.dues import (
    Due,
    Limit,
    parse_closed,
    parse_closing,
    parse_dues,
    parse_limit,
)
from loopmart.contracts.feeds import load_feeds
from loopmart.contracts.parse import parse_contract
from loopmart.contracts.senders import load_senders
from loopmart.contracts.sources import Source, load_sources
from loopmart.errors import ContractError
from tests.conftest import PROJECT

SOURCES = load_sources(PROJECT / "contracts", load_feeds(PROJECT / "contracts"))
HEADER = "sender_id,sender_name,kind,time_zone,currency,owes,since,until,settings\n"


def write_stores(folder: Path, *lines: str) -> Path:
    path = folder / "stores.csv"
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def store_line(owes: str = "", settings: str = "") -> str:
    return f"S1,One,store,Asia/Shanghai,CNY,{owes},2026-01-01,,{settings}"


def test_several_dues_stand_in_one_cell() -> None:
    owes = "till_utf8:day wechatpay_trade_bill:day@10:00  alipay_trade_bill:month@+4d vip_card_list:month@+3d10:30"
    assert parse_dues(owes) == (
        Due("till_utf8", "day", None),
        Due("wechatpay_trade_bill", "day", Limit(1, time(10))),
        Due("alipay_trade_bill", "month", Limit(5, time(0))),
        Due("vip_card_list", "month", Limit(3, time(10, 30))),
    )
    assert parse_dues("") == ()


@pytest.mark.parametrize(
    ("limit", "moment"),
    [
        ("10:00", "2026-04-01 10:00"),
        ("+1d", "2026-04-02 00:00"),
        ("+3d", "2026-04-04 00:00"),
        ("+3d10:00", "2026-04-03 10:00"),
        ("00:00", "2026-04-01 00:00"),
    ],
)
def test_a_due_moment_is_counted_from_the_last_day_of_the_period(limit: str, moment: str) -> None:
    found = parse_limit(limit).moment(date(2026, 3, 31), ZoneInfo("UTC"))
    assert found == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    ("zone", "last_day", "at", "moment"),
    [
        ("Asia/Shanghai", "2026-03-07", "10:00", "2026-03-08 02:00"),
        ("America/New_York", "2026-03-06", "10:00", "2026-03-07 15:00"),  # winter time
        ("America/New_York", "2026-03-07", "10:00", "2026-03-08 14:00"),  # the day on which clocks go forward
        ("America/New_York", "2026-10-31", "10:00", "2026-11-01 15:00"),  # the day on which they go back
        ("America/New_York", "2026-03-07", "02:30", "2026-03-08 07:30"),  # a time that is skipped: an hour later
        ("America/New_York", "2026-10-31", "01:30", "2026-11-01 05:30"),  # a time that comes twice: the first
        ("America/New_York", "2026-03-08", "00:00", "2026-03-09 04:00"),  # the end of a day of 23 hours
    ],
)
def test_a_due_time_is_that_of_the_senders_clock(zone: str, last_day: str, at: str, moment: str) -> None:
    found = parse_limit(at).moment(date.fromisoformat(last_day), ZoneInfo(zone))
    assert found == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    ("closes", "moment"),
    [
        ("22:30", "2026-03-31 22:30"),
        ("06:00", "2026-03-31 06:00"),
        ("05:59", "2026-04-01 05:59"),
        ("00:00", "2026-04-01 00:00"),
    ],
)
def test_a_store_that_closes_after_midnight_closes_on_the_next_day(closes: str, moment: str) -> None:
    found = parse_closing(closes).moment(date(2026, 3, 31), ZoneInfo("UTC"))
    assert found == datetime.fromisoformat(moment)


def test_closed_days_are_weekdays_dates_and_spans() -> None:
    closed = parse_closed("2026-02-16..2026-02-22, sun,2026-10-01")
    assert date(2026, 2, 16) in closed
    assert date(2026, 2, 22) in closed
    assert date(2026, 2, 23) not in closed
    assert date(2026, 3, 1) in closed  # a Sunday
    assert date(2026, 10, 1) in closed
    assert date(2026, 10, 2) not in closed


@pytest.mark.parametrize(
    ("line", "column", "found", "remedy"),
    [
        (store_line("till_utf8"), "owes", "'till_utf8'", "write it as till_utf8:day"),
        (store_line("till_utf8:week"), "owes", "'week'", "write day or month"),
        (store_line("till_utf8:day@noon"), "owes", "'noon'", r"write 10:00 \(the next day\)"),
        (store_line("till_utf8:day@"), "owes", "''", "write 10:00"),
        (store_line("till_utf8:day@+0d"), "owes", r"'\+0d'", r"\+3d"),
        (store_line("till_utf8:day@24:00"), "owes", "'24:00'", "HH:MM from 00:00 to 23:59"),
        (store_line("till_utf8:day@10:60"), "owes", "'10:60'", "HH:MM"),
        (store_line("till_utf8:day till_utf8:month"), "owes", "more than once", "write each source once"),
        (store_line("till_utf9:day"), "owes", "till_utf9:day", "is it till_utf8"),
        (store_line("", "closes=9pm"), "settings", "'9pm'", "HH:MM"),
        (store_line("", "closed=sunday"), "settings", "'sunday'", "mon, tue"),
        (store_line("", "closed=2026-02-22..2026-02-16"), "settings", "'2026-02-22..2026-02-16'", "a span as"),
        (store_line("", "closed=2026-02-30"), "settings", "'2026-02-30'", "a date as"),
    ],
)
def test_what_is_wrong_is_said_with_file_line_column_value_and_remedy(
    tmp_path: Path, line: str, column: str, found: str, remedy: str
) -> None:
    path = write_stores(tmp_path, store_line().replace("S1", "S0"), "", line)
    with pytest.raises(ContractError, match=rf"stores\.csv, line 4, column {column}: .*{found}.*{remedy}"):
        load_senders(path, SOURCES)


def test_a_cell_with_a_comma_and_without_quotes_is_pointed_out(tmp_path: Path) -> None:
    path = write_stores(tmp_path, store_line("", "closed=sun,2026-10-01"))
    with pytest.raises(ContractError, match=r"line 2: more cells .*'2026-10-01'; put a cell .* into quotes"):
        load_senders(path, SOURCES)
    sender = load_senders(write_stores(tmp_path, store_line("", '"closed=sun,2026-10-01"')), SOURCES)["S1"]
    assert date(2026, 10, 1) in sender.closed_days


def test_a_source_whose_files_are_never_loaded_cannot_be_owed(tmp_path: Path) -> None:
    ignored = SOURCES["till_utf8"].model_copy(update={"feed": "", "ignored_because": "holds nothing"})
    with pytest.raises(ContractError, match="column owes: files of till_utf8 are never loaded"):
        load_senders(write_stores(tmp_path, store_line("till_utf8:day")), SOURCES | {"till_utf8": ignored})


def test_a_limit_comes_from_the_registry_else_the_contract_else_the_closing_time(tmp_path: Path) -> None:
    owes = "till_utf8:day wechatpay_trade_bill:day alipay_trade_bill:month@+9d"
    sender = load_senders(write_stores(tmp_path, store_line(owes, "closes=22:30")), SOURCES)["S1"]
    limits = [sender.limit_of(due, SOURCES[due.source]) for due in sender.dues]
    assert limits == [Limit(0, time(22, 30)), Limit(1, time(10)), Limit(10, time(0))]
    plain = load_senders(write_stores(tmp_path, store_line(owes)), SOURCES)["S1"]
    assert plain.limit_of(plain.dues[0], SOURCES["till_utf8"]) == Limit(1, time(0))


def test_a_due_time_of_a_contract_without_quotes_is_refused_with_file_and_remedy(tmp_path: Path) -> None:
    text = (PROJECT / "contracts/sources/till_utf8.yaml").read_text(encoding="utf-8")
    path = tmp_path / "till_utf8.yaml"
    path.write_text(text + "due: {day: 10:00}\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"till_utf8\.yaml: due\.day: .*600 is no text; put the time into quotes"):
        parse_contract(Source, path)


@given(st.text(alphabet="+0123456789d:@ ", max_size=10))
def test_any_text_is_a_limit_or_is_refused_by_value(text: str) -> None:
    try:
        limit = parse_limit(text)
    except ValueError as error:
        assert repr(text) in str(error) or "HH:MM" in str(error)  # noqa: PT017  either outcome is right
    else:
        assert limit.moment(date(2026, 3, 31), ZoneInfo("UTC")) >= datetime(2026, 4, 1)
