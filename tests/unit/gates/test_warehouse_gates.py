"""Gates 2 and 3: a good warehouse passes, and each kind of breach is stopped and located."""

from __future__ import annotations

import pytest

from loopmart.errors import LoopmartError
from loopmart.gates.outcomes import GateFailed
from tests.unit.gates.world import World, file_id

LINES = "intermediate.int_order_lines__keyed"
ORDERS = "intermediate.int_orders__aggregated"
ONE_ORDER = "where order_id = 'S00001-0001'"
ONE_LINE = f"{ONE_ORDER} and line_number = 2"
ONE_PAYMENT = "where payment_id = 'wechat-payment-S00001-0001'"
STORE_FILE = file_id("S00001 0")
STORE_PATH = f"S00001/pos_order_lines_0_{STORE_FILE[:6]}.csv"
FILES_RULE = "every file that counts is there with its rows and its money"

BREACHES = [
    (
        "staging.order_lines.critical",
        FILES_RULE,
        f"delete from {LINES} {ONE_LINE}",
        f"{STORE_PATH}: sender_id = S00001, loaded_rows = 24, held_rows = 23, control_amount = 60.60, held_amount = "
        "58.59",
    ),
    (
        "staging.order_lines.critical",
        FILES_RULE,
        f"update {LINES} set net_sales_amount = 0 {ONE_LINE}",
        "control_amount = 60.60, held_amount = 58.59",
    ),
    (
        "staging.order_lines.critical",
        FILES_RULE,
        f"delete from {LINES} where source_file_id = '{STORE_FILE}'",
        "loaded_rows = 24, held_rows = 0",
    ),
    (
        "staging.order_lines.critical",
        "an order has one store, one day and one currency",
        f"update {LINES} set business_date = business_date + 1 {ONE_LINE}",
        f"{STORE_PATH} line 6: order_id = S00001-0001",
    ),
    (
        "staging.order_lines.critical",
        "no order line is without its order",
        f"delete from {ORDERS} {ONE_ORDER}",
        f"{STORE_PATH} line 6: order_id = S00001-0001",
    ),
    (
        "staging.order_lines.critical",
        "cards of order lines are tokens",
        f"update {LINES} set card_token = '13912345678' {ONE_LINE}",
        f"{STORE_PATH} line 7: token_length = 11",
    ),
    (
        "staging.orders.critical",
        "each store and day has the lines and the money of its order lines",
        f"update {ORDERS} set net_sales_amount = net_sales_amount + 0.01 {ONE_ORDER}",
        "store_id = S00001, business_date = 2024-03-01, lines_in = 24, lines_out = 24, "
        "net_sales_in = 60.60, net_sales_out = 60.61",
    ),
    (
        "staging.orders.critical",
        "an order has a store, a time and at most one card",
        f"update {ORDERS} set card_count = 2 {ONE_ORDER}",
        "order_id = S00001-0001",
    ),
    (
        "staging.orders.critical",
        "member ids are made of tokens",
        f"update {ORDERS} set member_id = 'M13912345678' {ONE_ORDER}",
        "order_id = S00001-0001, store_id = S00001, business_date = 2024-03-01, id_length = 12",
    ),
    (
        "marts.order_items.critical",
        FILES_RULE,
        f"delete from marts.order_items {ONE_LINE}",
        f"{STORE_PATH}: sender_id = S00001, loaded_rows = 24, held_rows = 23",
    ),
    (
        "marts.order_items.critical",
        "no item is without its order or its product",
        "delete from marts.products where product_id = 'P1'",
        "has_order = True, has_product = False",
    ),
    (
        "marts.orders.critical",
        "each store and day has the items and the money of its order items",
        f"update marts.orders set net_sales_amount = net_sales_amount - 0.01 {ONE_ORDER}",
        "store_id = S00001, business_date = 2024-03-01, items_in = 24, items_out = 24, "
        "net_sales_in = 60.60, net_sales_out = 60.59",
    ),
    (
        "marts.orders.critical",
        "every file of receipts that counts is there with its rows and its money",
        f"update marts.orders set source_file_id = 'gone' {ONE_ORDER}",
        "held_rows = 1",
    ),
    (
        "marts.orders.critical",
        "no order is without its store or its member",
        f"update marts.orders set member_id = 'Mx' {ONE_ORDER}",
        "has_store = True, has_member = False",
    ),
    (
        "marts.orders.critical",
        "an order is in the currency of its store",
        f"update marts.orders set currency = 'CNY' {ONE_ORDER}",
        "currency = CNY, store_currency = USD",
    ),
    (
        "marts.orders.critical",
        "orders are dated between the year 2000 and tomorrow",
        f"update marts.orders set ordered_at = ordered_at + interval 3 day {ONE_ORDER}",
        "ordered_at = 2024-03-04",
    ),
    (
        "marts.stores.critical",
        "each store has the orders and the money of its orders",
        "update marts.stores set order_count = 17 where store_id = 'S00002'",
        "store_id = S00002, orders_in = 18, orders_out = 17",
    ),
    (
        "marts.store_daily_sales.critical",
        "each store and day has the orders and the money of its orders",
        f"update marts.orders set is_purchase = false {ONE_ORDER}",
        "store_id = S00001, business_date = 2024-03-01, orders_in = 5, orders_out = 6",
    ),
    (
        "marts.store_daily_sales.critical",
        "each store and day has the orders and the money of its orders",
        "delete from marts.store_daily_sales where store_id = 'S00001' and business_date = date '2024-03-02'",
        "store_id = S00001, business_date = 2024-03-02, orders_in = 6, orders_out = empty, net_sales_in = 60.60",
    ),
    (
        "marts.store_daily_sales.critical",
        "a day whose sales file is missing has no sales figure, and is not called complete",
        "update marts.store_daily_sales set net_sales_amount = 0, order_count = 0 where missing_file_count = 1",
        "store_id = S00002, business_date = 2024-03-04, expected_file_count = 1, "
        "missing_file_count = 1, missing_sales_file_count = 1, net_sales_amount = 0.00",
    ),
    (
        "marts.members.critical",
        "each member has the orders and the money of the orders",
        "update marts.members set net_sales_amount = net_sales_amount + 1 "
        "where member_id = (select min(member_id) from marts.members where order_count > 0)",
        "orders_in = 6, orders_out = 6",
    ),
    (
        "marts.members.critical",
        "a member has one first order, which is the earliest",
        "update marts.orders set is_first_order = true where order_id = 'S00001-1001'",
        "first_order_count = 2",
    ),
    (
        "marts.member_cohorts.critical",
        "each cohort has the members, the orders and the money of its members",
        "update marts.member_cohorts set order_count = order_count - 1",
        "cohort_month = 2024-03-01, members_in = 5, members_out = 5, orders_in = 30, orders_out = 29",
    ),
    (
        "marts.campaigns.critical",
        "each campaign costs what was spent on it in its money",
        "update marts.campaigns set spend_amount = case campaign_id when 'C1' then 11 else 9 end",
        "campaign_id = C1, currency = USD, spend_in = 10.00, spend_out = 11.00",
    ),
    (
        "marts.campaign_touches.critical",
        "each campaign has one touch for each person on its lists",
        "delete from marts.campaign_touches where source_line = 2",
        "campaign_id = C1, persons_in = 4, touches_out = 3",
    ),
    (
        "marts.campaign_touches.critical",
        "no touch is without its campaign or its member",
        "delete from marts.campaigns where campaign_id = 'C1'",
        "line 2: campaign_id = C1, has_campaign = False",
    ),
    (
        "marts.coupon_redemptions.critical",
        "every file that counts is there with its rows",
        "delete from marts.coupon_redemptions where source_line = 3",
        "loaded_rows = 2, held_rows = 1",
    ),
    (
        "marts.coupon_redemptions.critical",
        "no redemption is without its campaign, its member or the order it names",
        "update marts.coupon_redemptions set order_id = 'S9-1' where order_id is not null",
        "has_order = False, order_id = S9-1",
    ),
    (
        "marts.order_attributions.critical",
        "the credits of an order and method sum to 1, its amounts to the net sales of the order",
        f"update marts.order_attributions set credit = 0.999999 {ONE_ORDER}",
        "order_id = S00001-0001, method = last_touch, credit = 0.999999",
    ),
    (
        "marts.order_attributions.critical",
        "no attribution is without its campaign or its touch",
        f"update marts.order_attributions set touch_id = 'T-0' {ONE_ORDER}",
        "campaign_id = C1, touch_id = T-0",
    ),
    (
        "marts.campaign_roi.critical",
        "every campaign stands there once by each method, with its spend",
        "delete from marts.campaign_roi where campaign_id = 'C2' and method = 'last_touch'",
        "campaign_id = C2, method = last_touch, row_count = 0, spend_in = 10.00",
    ),
    (
        "marts.campaign_roi.critical",
        "each campaign has the net sales that were attributed to it",
        "update marts.campaign_roi set attributed_net_sales_amount = 1 "
        "where campaign_id = 'C1' and method = 'last_touch'",
        "campaign_id = C1, method = last_touch",
    ),
    (
        "marts.channel_roi.critical",
        "each channel has the spend and the attributed net sales of its campaigns",
        "update marts.channel_roi set cost_amount = 21 where method = 'last_touch'",
        "channel = mail, method = last_touch, spend_in = 20.00, spend_out = 21.00",
    ),
    (
        "marts.settlement_daily.critical",
        "each store and day settles what its bills tell, less their fees",
        "delete from marts.settlement_daily where store_id = 'S00001' and business_date = '2024-03-01'",
        "store_id = S00001, payment_channel = wechat, business_date = 2024-03-01",
    ),
    (
        "marts.settlement_daily.critical",
        "each store and day settles what its bills tell, less their fees",
        "update marts.settlement_daily set net_to_arrive_amount = 0.01 where store_id = 'S00002'",
        "store_id = S00002, payment_channel = wechat",
    ),
    (
        "marts.payment_reconciliation.critical",
        "the classes of each store, channel and day add up to what tills tell less what bills tell",
        "update intermediate.int_tenders__keyed set amount = amount + 0.01 where tender_id = 'S00001-0001-1'",
        "store_id = S00001, payment_channel = wechat, business_date = 2024-03-01, currency = USD, "
        "difference_in = 0.01, difference_out = 0.00",
    ),
    (
        "marts.payment_reconciliation.critical",
        "every bill that counts is reconciled with its entries and its money",
        f"update marts.payment_reconciliation set bill_source_file_id = 'x' {ONE_PAYMENT}",
        "loaded_rows = empty, held_rows = 1",
    ),
    (
        "marts.payment_reconciliation.critical",
        "each day's roll-up holds the rows, the difference and the open breaks of the day",
        f"update marts.payment_reconciliation set status = 'open' {ONE_PAYMENT}",
        "store_id = S00001, payment_channel = wechat, business_date = 2024-03-01, rows_in = 6, rows_out = 6, "
        "difference_in = 0.00, difference_out = 0.00, open_in = 1, open_out = 0",
    ),
]


@pytest.mark.parametrize("gate", ["staging", "marts"])
def test_a_good_warehouse_passes(world: World, gate: str) -> None:
    world.publish()
    assert world.check(gate).failures == []


@pytest.mark.parametrize(
    ("suite", "rule", "breach", "shown"), BREACHES, ids=[f"{b[0]}-{n}" for n, b in enumerate(BREACHES)]
)
def test_a_breach_is_stopped_and_located(world: World, suite: str, rule: str, breach: str, shown: str) -> None:
    world.warehouse(breach)
    outcome, message = world.broken(suite, rule)
    assert shown in message
    assert f"{suite} / {rule}: {outcome.observed}" in message
    assert f"What to do: {outcome.remedy}" in message


def test_an_order_that_stands_twice_is_stopped(world: World) -> None:
    world.warehouse(f"update {ORDERS} set order_id = 'S00001-0000' {ONE_ORDER}")
    with pytest.raises(GateFailed) as shut:
        world.check("staging", ["staging.orders.critical"])
    broken = {outcome.rule: outcome for outcome in shut.value.failures}
    assert broken["an order stands once"].rows[0]["row_count"] == 2
    assert len(broken) == 2  # its lines are missing, too


def test_rows_of_a_file_that_does_not_count_are_stopped(world: World) -> None:
    world.manifest(f"delete from rows where file_id = '{STORE_FILE}'")
    outcome, message = world.broken("marts.order_items.critical", FILES_RULE)
    assert outcome.rows[0]["_file_id"] == STORE_FILE
    assert "loaded_rows = empty, held_rows = 24" in message


def test_spend_that_no_day_carries_is_stopped(world: World) -> None:
    world.manifest("update rows set control_amount = 25 where feed = 'campaign_spend'")
    _, message = world.broken(
        "marts.campaign_spend_daily.critical", "the spend of all campaigns, and of none, is that of the ledger"
    )
    assert "spend_in = 25.00, spend_out = 20.00" in message


def test_a_raw_token_in_any_feed_is_stopped_and_not_shown(world: World) -> None:
    world.bronze("campaign_targets", "update rows set card_token = 'card 13912345678' where _line = 2")
    outcome, message = world.broken("staging.identifiers.critical", "card tokens are tokens in every feed")
    assert "feed = campaign_targets, token_length = 16" in message
    assert "13912345678" not in message
    assert outcome.rows[0]["_line"] == 2


def test_a_day_without_its_file_is_a_warning(world: World) -> None:
    warning = world.warned("marts.store_daily_sales.warning", "every file that a store owes has arrived")
    assert warning.rows[0]["store_id"] == "S00002"
    assert warning.rows[0]["missing_days"] == 1


@pytest.mark.parametrize(
    ("suite", "rule", "breach"),
    [
        (
            "staging.products.warning",
            "every product sold is on the product list",
            "update intermediate.int_products__keyed set is_unmapped = true",
        ),
        (
            "staging.campaigns.warning",
            "every campaign with targets, redemptions or spend is on the campaign list",
            "update intermediate.int_campaigns__keyed set is_unmapped = true",
        ),
    ],
)
def test_what_the_lists_do_not_name_is_a_warning(world: World, suite: str, rule: str, breach: str) -> None:
    world.warehouse(breach)
    assert world.warned(suite, rule).unexpected_count


def test_a_mart_that_shrinks_is_a_warning_and_one_that_empties_is_not_published(world: World) -> None:
    world.publish()
    world.warehouse("delete from marts.members where order_count = 0")
    world.warehouse("delete from marts.campaign_touches where source_line > 3")
    rule = "no mart shrinks below 80 percent of the published version"
    shrunk = world.check("marts", ["marts.row_counts.warning", "marts.row_counts.critical"])
    assert [w.rule for w in shrunk.warnings] == [rule]
    assert {"mart": "campaign_touches", "published_rows": 4, "new_rows": 2} in [
        dict(r) for r in shrunk.warnings[0].rows
    ]
    world.warehouse("delete from marts.campaign_touches")
    world.settings.project_dir.joinpath("expectations").rename(world.settings.project_dir / "used")
    world.settings.project_dir.joinpath("expectations").mkdir()
    _, message = world.broken("marts.row_counts.critical", "no mart that holds rows now is about to be emptied")
    assert "mart = campaign_touches, published_rows = 4, new_rows = 0" in message


def test_a_first_publication_has_nothing_to_shrink_from(world: World) -> None:
    assert world.check("marts", ["marts.row_counts.critical", "marts.row_counts.warning"]).warnings == []


@pytest.mark.parametrize("gate", ["staging", "marts"])
def test_a_gate_of_the_warehouse_needs_a_warehouse(world: World, gate: str) -> None:
    world.settings.warehouse_path.unlink()
    with pytest.raises(LoopmartError, match="Run `loopmart build` before its gate"):
        world.check(gate)


def test_a_gate_of_the_warehouse_judges_by_the_manifest_of_the_build(world: World) -> None:
    (world.settings.manifest_dir / "active_files.parquet").unlink()
    assert world.check("staging").failures == []
    (world.settings.manifest_dir / "build" / "active_files.parquet").unlink()
    with pytest.raises(LoopmartError, match="which freezes the manifest"):
        world.check("staging")
