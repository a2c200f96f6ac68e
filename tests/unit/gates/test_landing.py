"""Gate 1: what it lets pass, and each kind of breach that it stops."""

from __future__ import annotations

import duckdb
import pytest

from loopmart.errors import LoopmartError
from tests.unit.gates.world import World, file_id, token

POS = "landing.pos_order_lines.critical"
FILES = "landing.files.critical"
STORE_FILE = file_id("S00001 0")


def test_a_good_world_passes(world: World) -> None:
    report = world.check("landing")
    assert (report.failures, report.warnings) == ([], [])
    assert {o.suite for o in report.outcomes} >= {POS, FILES, "landing.coupons.critical"}


@pytest.mark.parametrize(
    ("rule", "breach", "shown"),
    [
        (
            "required fields are filled",
            "update rows set product_id_source = '' where {one}",
            "missing_fields = product_id_source",
        ),
        (
            "store_id + order_id_source + line_number is unique in a file",
            "update rows set line_number = 1 where {one}",
            "line 2: last_line = 3, row_count = 2, store_id = S00001",
        ),
        (
            "numbers are within the bounds of the contract",
            "update rows set coupon_amount = -0.50 where {one}",
            "out_of_bounds = coupon_amount = -0.50",
        ),
        (
            "values are those that the contract knows",
            "update rows set currency = 'usd' where _file_id = '{file}'",
            "unknown_values = currency = usd",
        ),
        (
            "dates lie between the year 2000 and tomorrow",
            "update rows set business_date = date '2199-01-01' where {one}",
            "implausible_dates = business_date = 2199-01-01",
        ),
        (
            "gross_is_net_plus_discounts: Gross amount equals net sales plus the discounts that the store pays",
            "update rows set gross_amount = gross_amount + 0.01 where {one}",
            "gross_amount = 2.11, loyalty_discount_amount = 0.10",
        ),
        (
            "discounts_have_the_sign_of_gross: A discount lowers the price of a sale or what is given back, so it has "
            "the sign of the gross amount or is 0",
            "update rows set store_discount_amount = -0.01, net_sales_amount = net_sales_amount + 0.01 where {one}",
            "store_discount_amount = -0.01",
        ),
    ],
    ids=lambda value: value.split(":")[0] if isinstance(value, str) else None,
)
def test_a_breach_in_a_row_names_file_line_and_value(world: World, rule: str, breach: str, shown: str) -> None:
    one = f"_file_id = '{STORE_FILE}' and _line = 3"
    world.bronze("pos_order_lines", breach.format(one=one, file=STORE_FILE))
    outcome, message = world.broken(POS, rule)
    assert shown in message
    assert f"S00001/pos_order_lines_0_{STORE_FILE[:6]}.csv line" in message
    assert outcome.rows[0]["_file_id"] == STORE_FILE
    assert outcome.rows[0]["_line"] in (2, 3)


def test_a_raw_identifier_stops_the_flow_and_is_not_shown(world: World) -> None:
    world.bronze("cardholders", "update rows set card_token = '13912345678' where _line = 2")
    outcome, message = world.broken("landing.cardholders.critical", "personal identifiers are tokens")
    assert outcome.unexpected_count == 2
    assert "raw_identifiers = card_token" in message
    pages = list((world.settings.serving_dir / "data_docs").rglob("*.html"))
    shown = message + "".join(p.read_text(encoding="utf-8") for p in pages)
    assert "13912345678" not in shown
    assert token("card 1") not in shown


def test_a_repeated_personal_key_is_named_by_its_lines_alone(world: World) -> None:
    repeated = f"update rows set card_token = '{token('card 0')}' where _line = 3 and store_id = 'S00001'"
    world.bronze("cardholders", repeated)
    outcome, message = world.broken("landing.cardholders.critical", "card_token is unique in a file")
    assert token("card 0") not in message
    assert set(outcome.rows[0]) == {"file", "_file_id", "_line", "last_line", "row_count"}


def test_a_field_that_is_gone_is_named(world: World) -> None:
    world.bronze("coupons", "alter table rows drop column coupon_upc")
    schema = world.settings.bronze_dir / "coupons" / "batch=schema" / "empty.parquet"
    schema.unlink()
    with pytest.raises(Exception, match="missing: coupon_upc"):
        world.check("landing", ["landing.coupons.critical"])


def test_a_campaign_may_end_in_the_future(world: World) -> None:
    assert world.check("landing", ["landing.campaigns.critical"]).failures == []


def test_campaigns_may_be_paid_for_in_several_currencies(world: World) -> None:
    world.bronze("campaign_spend", "update rows set currency = 'EUR' where _line = 3")
    assert world.check("landing").failures == []


def test_a_lost_row_shows_as_a_difference_to_the_ledger(world: World) -> None:
    world.bronze("coupon_redemptions", "delete from rows where _line = 3")
    _, message = world.broken(FILES, "the lake holds the rows that the ledger counts")
    assert "chain/coupon_redemptions_6_" in message
    assert "loaded_rows = 2, found_rows = 1" in message


def test_a_changed_amount_shows_both_figures(world: World) -> None:
    cent = "net_sales_amount = net_sales_amount + 0.01, gross_amount = gross_amount + 0.01"
    world.bronze("pos_order_lines", f"update rows set {cent} where _file_id = '{STORE_FILE}' and _line = 3")
    _, message = world.broken(FILES, "the lake holds the money that the ledger sums")
    assert "control_amount = 60.60, found_amount = 60.61" in message


def test_a_batch_that_is_gone_is_a_difference_and_no_crash(world: World) -> None:
    (world.settings.bronze_dir / "products" / "batch=b1" / "part.parquet").unlink()
    outcome, _ = world.broken(FILES, "the lake holds the rows that the ledger counts")
    assert outcome.rows[0]["found_rows"] == 0


def test_a_refused_row_must_stand_in_the_quarantine(world: World) -> None:
    world.manifest(
        f"update rows set quarantined_rows = 1, line_count = 26, quarantined_amount = 2 where file_id = '{STORE_FILE}'"
    )
    _, message = world.broken(FILES, "every refused row stands in the quarantine with its money")
    assert "quarantined_rows = 1, found_quarantined_rows = 0" in message
    assert "quarantined_amount = 2.00, found_quarantined_amount = empty" in message


def quarantine(world: World, rows: int, rule: str = "not_a_decimal") -> None:
    folder = world.settings.quarantine_dir / "pos_order_lines" / "batch=b1"
    folder.mkdir(parents=True)
    with duckdb.connect() as db:
        refused = f"select '{STORE_FILE}' as _file_id, i + 100 as _line, 1::decimal(18, 2) as amount, '{rule}' as rule"
        db.execute(f"copy ({refused} from range({rows}) r(i)) to '{folder / 'part.parquet'}' (format parquet)")
    counts = f"quarantined_rows = {rows}, quarantined_amount = {rows}, line_count = 200"
    world.manifest(f"update rows set {counts} where file_id = '{STORE_FILE}'")


def test_half_of_a_file_refused_stops_the_flow(world: World) -> None:
    quarantine(world, 24)
    _, message = world.broken(FILES, "less than half of a file is refused")
    assert "loaded_rows = 24, quarantined_rows = 24" in message


def test_a_fifth_of_a_file_refused_is_a_warning(world: World) -> None:
    quarantine(world, 7)
    report = world.check("landing")
    assert [w.rule for w in report.warnings] == ["at most a fifth of a file is refused"]
    assert report.warnings[0].rows[0]["quarantined_rows"] == 7


def test_a_file_that_repeats_another_is_no_wrong_export(world: World) -> None:
    quarantine(world, 24, rule="repeated_key")
    report = world.check("landing")
    assert (report.failures, report.warnings) == ([], [])


def test_a_small_file_is_not_judged_by_its_share(world: World) -> None:
    world.manifest("update rows set quarantined_rows = 1, line_count = 9 where feed = 'coupons'")
    world.broken(FILES, "every refused row stands in the quarantine with its money")


def test_more_rows_than_lines_stop_the_flow(world: World) -> None:
    world.manifest(f"update rows set line_count = 23 where file_id = '{STORE_FILE}'")
    world.broken(FILES, "a file gives no more rows than it has lines")


def test_a_foreign_currency_stops_the_flow(world: World) -> None:
    world.manifest("update rows set currency = 'CNY' where store_id = 'S00002'", name="stores")
    _, message = world.broken(FILES, "a file is in the currency of its sender, but for budgets and spend of campaigns")
    assert "sender_currency = CNY, first_currency = USD" in message


def test_a_feed_without_a_suite_stops_the_flow(world: World) -> None:
    world.manifest("update rows set feed = 'no_such_feed' where feed = 'coupons'")
    world.broken(FILES, "every feed that arrives has a suite")


def test_an_empty_list_is_a_warning_and_a_day_without_a_sale_is_none(world: World) -> None:
    world.manifest(
        "insert into rows by name select 'e' as file_id, 'b1' as batch_id, 'coupons' as feed, 'chain' as sender_id, "
        "1 as line_count, 0 as loaded_rows, 0 as quarantined_rows, 1 as change_seq, null::date as period_start "
        "union all select 'd', 'b1', 'pos_order_lines', 'S00001', 1, 0, 0, 1, date '2024-03-04'"
    )
    warning = world.warned("landing.files.warning", "a list holds at least one row")
    assert [row["_file_id"] for row in warning.rows] == ["e"]


def test_only_files_that_no_finished_build_has_seen_are_judged(world: World) -> None:
    world.bronze("pos_order_lines", "update rows set coupon_amount = -1 where business_date = date '2024-03-01'")
    world.warehouse("insert into ops.build_state values (1)")
    assert world.check("landing").failures == []
    world.warehouse("update ops.build_state set built_through = 0")
    world.broken(POS, "numbers are within the bounds of the contract")


def test_a_row_of_a_file_that_does_not_count_is_not_judged(world: World) -> None:
    world.bronze("pos_order_lines", f"update rows set coupon_amount = -1 where _file_id = '{STORE_FILE}'")
    world.manifest(f"delete from rows where file_id = '{STORE_FILE}'")
    assert world.check("landing").failures == []


def test_a_first_night_without_a_warehouse_is_judged_whole(world: World) -> None:
    world.settings.warehouse_path.unlink()
    world.bronze("pos_order_lines", "update rows set coupon_amount = -1 where _line = 3")
    outcome, _ = world.broken(POS, "numbers are within the bounds of the contract")
    assert outcome.unexpected_count == 6


def test_a_suite_of_a_feed_that_the_lake_does_not_know_is_an_error(world: World) -> None:
    for path in (world.settings.bronze_dir / "coupons").rglob("*.parquet"):
        path.unlink()
    with pytest.raises(LoopmartError, match="holds no batch=schema"):
        world.check("landing")


def test_a_gate_before_the_first_ingest_says_what_to_run(world: World) -> None:
    (world.settings.manifest_dir / "active_files.parquet").unlink()
    with pytest.raises(LoopmartError, match="Run `loopmart ingest`"):
        world.check("landing")
