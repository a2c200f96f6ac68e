"""Audiences as they are written: what is refused names file and key, and a definition is known by its content."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from loopmart.audience.definitions import Audience, find_audience, load_audiences
from loopmart.audience.selection import select_members
from loopmart.errors import ContractError, LoopmartError
from loopmart.settings import Settings

LAPSED = """\
name: lapsed
description: Members who have stopped.
campaign_id: C1
channel: sms
reason: no order for long
members: {lapse_status: lapsed}
contact_cap: {contacts: 2, days: 30}
holdout_rate: 0.2
window_days: 28
"""
DAY = date(2026, 5, 3)


@pytest.fixture
def here(settings: Settings) -> Settings:
    """Settings of an installation with audiences of its own, none so far."""
    (settings.home / "audiences").mkdir()
    return settings


def write(here: Settings, text: str, name: str = "lapsed.yaml") -> None:
    (here.audiences_dir / name).write_text(text, encoding="utf-8")


def read(here: Settings, text: str = LAPSED) -> Audience:
    write(here, text)
    return find_audience(here, "lapsed")


def test_those_of_the_project_are_all_read(settings: Settings) -> None:
    assert set(load_audiences(settings)) == {
        "lapsed", "at_risk", "second_purchase_due", "expiring_coupon", "favourite_in_season", "payers_without_card",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("channel: sms", "channel: fax", r"lapsed\.yaml: channel: "),
        ("holdout_rate: 0.2", "holdout_rate: 0", r"lapsed\.yaml: holdout_rate: "),
        ("window_days: 28", "window_days: 28\ncolour: red", r"lapsed\.yaml: colour: "),
        ("contact_cap: {contacts: 2, days: 30}\n", "", r"lapsed\.yaml: contact_cap: "),
        ("days: 30", "days: 30, hours: 2", r"lapsed\.yaml: contact_cap\.hours: "),
        ("members: {lapse_status: lapsed}", "sql: select 1\nmembers: {a: 1}", "exactly one of sql and members"),
        ("members: {lapse_status: lapsed}\n", "", "exactly one of sql and members"),
        ("{lapse_status: lapsed}", "{'1; drop': lapsed}", "no names of columns"),
        ("{lapse_status: lapsed}", "{order_count: {}}", "give min, max or both"),
        ("name: lapsed", "name: gone", r"lapsed\.yaml: name: holds the audience gone"),
    ],
)
def test_what_is_wrong_is_refused_with_file_and_key(here: Settings, old: str, new: str, complaint: str) -> None:
    assert old in LAPSED
    with pytest.raises(ContractError, match=complaint):
        read(here, LAPSED.replace(old, new))


def test_a_name_that_is_not_there_is_answered_with_those_that_are(here: Settings) -> None:
    write(here, LAPSED)
    with pytest.raises(ContractError, match="no audience 'lost'; there are lapsed"):
        find_audience(here, "lost")


def test_an_export_id_changes_with_day_and_definition_and_with_nothing_else(here: Settings) -> None:
    first = read(here).make_export_id(DAY)
    assert first.startswith("lapsed-20260503-")
    assert read(here, "# a comment\n" + LAPSED).make_export_id(DAY) == first
    others = [
        read(here).make_export_id(date(2026, 5, 4)),
        read(here, LAPSED.replace("C1", "C2")).make_export_id(DAY),
        read(here, LAPSED.replace("0.2", "0.3")).make_export_id(DAY),
    ]
    assert len({first, *others}) == 4


@pytest.fixture
def marts(tmp_path: Path) -> Path:
    """Published marts of four members."""
    path = tmp_path / "marts.duckdb"
    with duckdb.connect(str(path)) as database:
        database.execute(
            """
            create table members as from (values
                ('MA', 'lapsed', 3, true, date '2026-05-01'), ('MB', 'it''s new', 1, false, date '2026-06-01'),
                ('MC', 'lapsed', 9, false, null), ('MD', null, 0, null, null)
            ) as t(member_id, lapse_status, order_count, is_registered, due_date)
            """
        )
    return path


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("{lapse_status: lapsed}", ["MA", "MC"]),
        ("{lapse_status: [lapsed, it's new]}", ["MA", "MB", "MC"]),
        ("{order_count: {min: 1, max: 3}}", ["MA", "MB"]),
        ("{lapse_status: lapsed, is_registered: true}", ["MA"]),
        ("{due_date: {max: 2026-05-03}}", ["MA"]),
    ],
)
def test_conditions_find_the_members_that_they_name(here: Settings, marts: Path, wanted: str, found: list[str]) -> None:
    audience = read(here, LAPSED.replace("{lapse_status: lapsed}", wanted))
    assert select_members(marts, audience, DAY, Path("a.yaml")) == dict.fromkeys(found, "no order for long")


def ask(here: Settings, marts: Path, sql: str) -> dict[str, str]:
    audience = read(here).model_copy(update={"sql": sql, "members": {}})
    return select_members(marts, audience, DAY, Path("audiences/a.yaml"))


def test_a_select_may_give_reasons_and_the_day_of_the_export(here: Settings, marts: Path) -> None:
    sql = (
        "select member_id, 'due ' || due_date as reason from marts.members where due_date < getvariable('export_date')"
    )
    assert ask(here, marts, sql + " -- no more") == {"MA": "due 2026-05-01"}
    assert ask(here, marts, "from marts.members where member_id = 'MB';") == {"MB": "no order for long"}


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("drop table marts.members", "write one select"),
        ("select 1; select 2", "write one select"),
        ("select 1 as one", r"gives the columns \['one'\]; give member_id"),
        ("select nothing from marts.members", "the marts cannot answer it"),
        ("select 'ME' as member_id", "1 ids that are in no row"),
        ("from read_csv('/etc/hostname')", "the marts cannot answer it"),
        ("from (", "the marts cannot answer it"),
    ],
)
def test_a_select_that_is_none_is_refused_with_its_file(here: Settings, marts: Path, sql: str, complaint: str) -> None:
    with pytest.raises(LoopmartError, match=rf"audiences/a\.yaml: sql: .*{complaint}"):
        ask(here, marts, sql)
    with duckdb.connect(str(marts), read_only=True) as database:
        assert database.execute("select count(*) from members").fetchone() == (4,)


def test_the_installation_may_have_audiences_of_its_own(settings: Settings) -> None:
    assert settings.audiences_dir == settings.project_dir / "audiences"
    (settings.home / "audiences").mkdir()
    assert replace(settings).audiences_dir == settings.home / "audiences"
