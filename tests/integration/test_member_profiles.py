"""Members' profiles on the sample, counted once more with pandas, and over two nights; points beside them."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from loopmart.settings import Settings
from tests.conftest import copy_sample
from tests.worlds import query_published, run_loopmart

pytestmark = pytest.mark.integration

LATER = ("202604", "2026-04", "2026-05")  # in the names of files that come with the second night
POINTS = """\
entry_id,store_code,card_no,kind,points,posted_at,order_id
P-1,S00101,VIP9000005,earn,35,2026-03-08 15:20:00,8001
P-2,S00101,VIP9000005,adjust,-15,2026-03-10 10:00:00,8001
P-3,S00101,VIP9000006,earn,45,2026-03-15 09:30:00,8002
P-4,S00101,VIP9000006,spend,-20,2026-03-20 10:00:00,
P-5,S00101,VIP9000006,expire,-5,2026-04-20 10:00:00,
"""
MEMBER_LIST = """\
card_no,phone,name,tier,points
VIP9000005,,,gold,20
VIP9000006,,,silver,25
"""


def read(settings: Settings, query: str, *names: str) -> pd.DataFrame:
    return pd.DataFrame(query_published(settings, query), columns=list(names))


def test_habits_baskets_and_affinities_equal_a_count_with_pandas(first_night: Settings) -> None:
    columns = (
        "member_id", "average_order_amount", "items_per_order", "discount_rate", "median_interval_days", "store_count",
        "favourite_store_rate", "favourite_weekday", "favourite_category", "favourite_category_rate",
        "favourite_category_lift",
    )  # fmt: skip
    members = read(
        first_night, f"select {', '.join(columns)} from marts.members where order_count > 0 order by 1", *columns
    ).set_index("member_id")
    orders = read(
        first_night,
        "select order_id, member_id, store_id, business_date, net_sales_amount::double, gross_amount::double, "
        "discount_amount::double, item_count, is_purchase from marts.orders where member_id is not null",
        "order_id", "member_id", "store_id", "day", "net", "gross", "discount", "items", "is_purchase",
    )  # fmt: skip
    lines = read(
        first_night,
        "select order_id, category, net_sales_amount::double from marts.order_items join marts.products "
        "using (product_id)",
        "order_id", "category", "net",
    ).merge(orders[["order_id", "member_id"]])  # fmt: skip
    kept = lines.groupby(["member_id", "category"], dropna=False)["net"].sum().clip(lower=0).reset_index()
    of_all = kept.groupby("category")["net"].sum() / kept["net"].sum()
    assert len(members) == 8
    for member_id, mine in orders.groupby("member_id"):
        told, bought_at = members.loc[member_id], mine[mine["is_purchase"]]  # a refund takes money back, no more
        days = pd.Series(sorted(set(bought_at["day"])))
        intervals = days.diff().dropna().map(lambda interval: interval.days)
        bought = kept[kept["member_id"] == member_id].set_index("category")["net"]
        share = bought[told["favourite_category"]] / bought.sum()
        expected = {
            "average_order_amount": mine["net"].sum() / len(bought_at),
            "items_per_order": bought_at["items"].sum() / len(bought_at),
            "discount_rate": mine["discount"].sum() / mine["gross"].sum(),
            "median_interval_days": intervals.median(),
            "store_count": bought_at["store_id"].nunique(),
            "favourite_store_rate": bought_at["store_id"].value_counts().max() / len(bought_at),
            "favourite_weekday": bought_at["day"].map(lambda day: day.isoweekday()).mode().min(),
            "favourite_category_rate": share,
            "favourite_category_lift": share / of_all[told["favourite_category"]],
        }
        assert told["favourite_category"] in set(bought[bought == bought.max()].index)
        for name, value in expected.items():
            places = 2 if name.endswith("_amount") else 4
            assert (
                pd.isna(told[name])
                if pd.isna(value)
                else float(told[name]) == pytest.approx(value, abs=0.51 * 10**-places)
            ), (member_id, name)


def test_the_past_stays_and_points_are_balanced_when_april_comes_after_march(settings: Settings) -> None:
    copy_sample(settings)
    later = [path for path in settings.landing_dir.rglob("*.*") if any(month in path.name for month in LATER)]
    aside = {path: settings.home / f"later-{number}" for number, path in enumerate(later)}
    for path, place in aside.items():
        shutil.move(path, place)
    run_loopmart("run", settings=settings)
    (last,) = query_published(settings, "select max(business_date) from marts.orders")[0]
    assert last < date(2026, 4, 1)
    before = tell_days(settings, last)
    assert len(before) > 50
    assert query_published(settings, "select count(*) from marts.member_points") == [(0,)]

    for path, place in aside.items():
        shutil.move(place, path)
    (settings.landing_dir / "S00101" / "points.csv").write_text(POINTS)
    (settings.landing_dir / "S00101" / "members.csv").write_text(MEMBER_LIST)
    run_loopmart("run", settings=settings)
    assert tell_days(settings, last) == before
    assert query_published(
        settings, f"select max(valid_from_date) > date '{last}' from marts.member_profile_history"
    ) == [(True,)]
    balances = query_published(
        settings,
        "select card_tier, earned_points, spent_points, expired_points, reversed_points, balance_points, "
        "unexplained_points from marts.member_points order by card_tier",
    )
    assert balances == [
        ("gold", *map(Decimal, (35, 0, 0, -15, 20, 0))),
        ("silver", *map(Decimal, (45, -20, -5, 0, 20, 5))),
    ]


def tell_days(settings: Settings, through: date) -> list[tuple[Any, ...]]:
    """What is known of each member on each day up to one."""
    return query_published(
        settings,
        f"""
        select days.day, profiles.* exclude (valid_to_date, is_current)
        from (select unnest(generate_series(date '2026-03-01', date '{through}', interval 1 day))::date as day) as days
        join marts.member_profile_history as profiles
        on days.day between profiles.valid_from_date and coalesce(profiles.valid_to_date, days.day)
        order by all
        """,
    )
