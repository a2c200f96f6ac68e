"""The audiences that come with the project find whom they describe, on small marts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from loopmart.audience.definitions import find_audience
from loopmart.audience.selection import select_members
from loopmart.settings import Settings

DAY = date(2026, 5, 3)


@pytest.fixture
def marts(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Empty marts with the columns that these audiences read; every query sees what was inserted."""
    with duckdb.connect(str(tmp_path / "marts.duckdb")) as database:
        database.execute(
            """
            create table members (member_id varchar, is_registered boolean, order_count bigint, lapse_status varchar,
                lapse_reason varchar, second_order_due_date date, favourite_category varchar);
            create table campaigns (campaign_id varchar, end_date date, redemption_count bigint);
            create table campaign_touches (member_id varchar, campaign_id varchar, kind varchar);
            create table coupon_redemptions (redemption_id varchar, member_id varchar, campaign_id varchar);
            create table orders (order_id varchar, member_id varchar, business_date date, is_purchase boolean);
            create table order_items (order_id varchar, product_id varchar);
            create table products (product_id varchar, category varchar)
            """
        )
        yield database


def find(settings: Settings, marts: duckdb.DuckDBPyConnection, name: str, tmp_path: Path) -> dict[str, str]:
    marts.close()
    return select_members(tmp_path / "marts.duckdb", find_audience(settings, name), DAY, Path(f"{name}.yaml"))


def test_lapsed_and_at_risk_go_by_the_status_of_the_member(
    settings: Settings, marts: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    marts.execute(
        "insert into members by name select * from (values ('MA', 'lapsed', 'long ago'), ('MB', 'at risk', '40 days'), "
        "('MC', 'active', 'today')) as t(member_id, lapse_status, lapse_reason)"
    )
    assert find(settings, marts, "lapsed", tmp_path) == {"MA": "no order for longer than four usual intervals"}
    assert find(settings, marts, "at_risk", tmp_path) == {"MB": "40 days"}


def test_a_second_purchase_is_due_for_thirty_days(
    settings: Settings, marts: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    marts.execute(
        "insert into members by name select * from (values ('MA', date '2026-05-03'), ('MB', date '2026-05-04'), "
        "('MC', date '2026-04-03'), ('MD', date '2026-04-02'), ('ME', null)) as t(member_id, second_order_due_date)"
    )
    found = find(settings, marts, "second_purchase_due", tmp_path)
    assert found == {
        "MA": "bought once, a second order was due on 2026-05-03",
        "MC": "bought once, a second order was due on 2026-04-03",
    }


def test_an_unused_coupon_expires_with_its_campaign(
    settings: Settings, marts: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    marts.execute(
        """
        insert into members (member_id) values ('MA'), ('MB'), ('MC'), ('MD'), ('ME'), ('MF');
        insert into campaigns values ('soon', '2026-05-10', 0), ('later', '2026-05-11', 0), ('over', '2026-05-02', 0),
            ('coupons', '2026-05-03', 9), ('news', '2026-05-03', 0);
        insert into campaign_touches values ('MA', 'soon', 'coupon_issue'), ('MB', 'soon', 'coupon_issue'),
            ('MC', 'later', 'coupon_issue'), ('MD', 'over', 'coupon_issue'), ('ME', 'coupons', 'target'),
            ('MF', 'news', 'sms'), (null, 'soon', 'coupon_issue');
        insert into coupon_redemptions values ('R1', 'MB', 'soon'), ('R2', 'MA', 'over')
        """
    )
    assert find(settings, marts, "expiring_coupon", tmp_path) == {
        "MA": "coupon of campaign soon expires after 2026-05-10",
        "ME": "coupon of campaign coupons expires after 2026-05-03",
    }


def test_a_favourite_is_in_season_a_year_after_it_was_bought_and_until_it_is_bought_again(
    settings: Settings, marts: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    marts.execute(
        """
        insert into members by name select * from (values ('MA', 'ice'), ('MB', 'ice'), ('MC', 'tea'), ('MD', 'ice'),
            ('ME', 'ice')) as t(member_id, favourite_category);
        insert into products values ('P1', 'ice'), ('P2', 'tea');
        insert into orders values ('O1', 'MA', '2025-05-31', true), ('O2', 'MB', '2025-05-01', true),
            ('O3', 'MB', '2026-05-02', true), ('O4', 'MC', '2025-05-10', true), ('O5', 'MD', '2025-04-30', true),
            ('O6', 'ME', '2025-05-10', false), ('O7', 'MA', '2026-05-01', true);
        insert into order_items values ('O1', 'P1'), ('O1', 'P1'), ('O2', 'P1'), ('O3', 'P1'), ('O4', 'P1'),
            ('O5', 'P1'), ('O6', 'P1'), ('O7', 'P2')
        """
    )
    found = find(settings, marts, "favourite_in_season", tmp_path)
    assert found == {"MA": "bought ice in this month a year ago"}


def test_payers_without_a_card_have_bought_and_stand_in_no_list(
    settings: Settings, marts: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    marts.execute(
        "insert into members by name select * from (values ('MA', false, 1), ('MB', true, 1), ('MC', false, 0)) "
        "as t(member_id, is_registered, order_count)"
    )
    assert list(find(settings, marts, "payers_without_card", tmp_path)) == ["MA"]
