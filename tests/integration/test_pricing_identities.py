"""The pricing identities that the publisher of The Complete Journey gives, on all of its lines.

What the store receives is `sales_value`. The shelf price adds what the store itself gave: `retail_disc` (loyalty card)
and `coupon_match_disc`. The price with the card adds the match alone. A manufacturer reimburses `coupon_disc`, so the
guest pays that much less than the store receives. Prices of a piece are these by `quantity`.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from loopmart.contracts.feeds import load_feeds
from tests.conftest import PROJECT
from tests.e2e.recount import package_data

pytestmark = pytest.mark.integration

ALL_LINES = 1_469_307


@pytest.fixture(scope="module")
def lines() -> Iterator[duckdb.DuckDBPyConnection]:
    """A table `lines` under the names of our feed; amounts with two decimals, as the tills of the demo print them."""
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create table lines as
            select
                quantity,
                sales_value::decimal(18, 2) as net_sales_amount,
                retail_disc::decimal(18, 2) as loyalty_discount_amount,
                coupon_match_disc::decimal(18, 2) as coupon_match_amount,
                0::decimal(18, 2) as store_discount_amount,
                coupon_disc::decimal(18, 2) as coupon_amount,
                net_sales_amount + loyalty_discount_amount + coupon_match_amount as gross_amount,
                greatest(
                    abs(sales_value - net_sales_amount), abs(retail_disc - loyalty_discount_amount),
                    abs(coupon_match_disc - coupon_match_amount), abs(coupon_disc - coupon_amount)
                ) as rest
            from read_parquet('{package_data()}/transactions.parquet')
            """
        )
        yield connection


def count(lines: duckdb.DuckDBPyConnection, condition: str) -> int:
    return int((lines.execute(f"select count(*) from lines where {condition}").fetchone() or (0,))[0])


def test_every_amount_is_whole_cents_and_none_is_negative(lines: duckdb.DuckDBPyConnection) -> None:
    least = "least(net_sales_amount, loyalty_discount_amount, coupon_match_amount, coupon_amount)"
    assert count(lines, f"rest < 1e-6 and {least} >= 0") == ALL_LINES


def test_our_contract_holds_the_shelf_price_on_every_line(lines: duckdb.DuckDBPyConnection) -> None:
    feed = load_feeds(PROJECT / "contracts")["pos_order_lines"]
    rules = {rule.name: rule.implementation for rule in feed.row_rules}
    for name in ("gross_is_net_plus_discounts", "discounts_have_the_sign_of_gross"):
        assert count(lines, rules[name]) == ALL_LINES


def test_the_shelf_price_is_the_price_with_the_card_and_its_discount(lines: duckdb.DuckDBPyConnection) -> None:
    with_card = "(net_sales_amount + coupon_match_amount)"
    rule = f"gross_amount - {with_card} = loyalty_discount_amount and gross_amount >= {with_card}"
    assert count(lines, rule) == ALL_LINES


def test_a_manufacturer_pays_no_more_than_the_store_receives_where_the_coupon_stands_with_its_goods(
    lines: duckdb.DuckDBPyConnection,
) -> None:
    assert count(lines, "coupon_amount <= net_sales_amount") == 1_465_800
    rest = "coupon_amount > net_sales_amount"
    assert count(lines, f"{rest} and quantity = 0 and gross_amount = 0") == 2_978  # a coupon on a line of its own
    assert count(lines, f"{rest} and quantity > 0") == 529  # worth more than what it was handed in for
    assert count(lines, rest) == 2_978 + 529


def test_a_store_matches_only_manufacturers_coupons_and_four_times_by_more(lines: duckdb.DuckDBPyConnection) -> None:
    assert count(lines, "coupon_match_amount = 0 or coupon_amount > 0") == ALL_LINES
    assert count(lines, "coupon_match_amount <= coupon_amount") == ALL_LINES - 4


def test_the_price_of_a_piece_is_whole_cents_where_pieces_are_sold_one_by_one(lines: duckdb.DuckDBPyConnection) -> None:
    cents = "(100 * gross_amount)::bigint"
    assert count(lines, f"quantity > 0 and {cents} % quantity = 0") == 1_431_034
    assert count(lines, f"quantity > 0 and {cents} % quantity <> 0") == 29_404  # by volume, or several for one price
    assert count(lines, "quantity = 0") == 8_869  # nothing that a price could be of
