from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from loopmart.report.facts import Facts, ReportError, read_facts
from tests.unit.report.marts_file import AS_OF, HOSTILE, NOTHING, SECRET_VALUE, Chain, write_marts


def change(path: Path, statement: str) -> Path:
    with duckdb.connect() as con:
        con.execute(f"attach '{path}' as marts; use marts")
        con.execute(statement)
    return path


def test_a_missing_file_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"none\.duckdb is not there.*loopmart publish"):
        read_facts(tmp_path / "none.duckdb")


def test_a_missing_table_or_column_is_named(tmp_path: Path) -> None:
    path = change(write_marts(tmp_path / "marts.duckdb", **NOTHING), "drop table ops.gate_results")
    with pytest.raises(ReportError, match=r"has no ops\.gate_results"):
        read_facts(path)
    path = change(write_marts(path, **NOTHING), "alter table marts.orders drop net_sales_amount")
    with pytest.raises(ReportError, match="net_sales_amount"):
        read_facts(path)


def test_the_published_file_is_only_read(marts_path: Path) -> None:
    before = marts_path.read_bytes()
    read_facts(marts_path)
    assert marts_path.read_bytes() == before
    assert list(marts_path.parent.iterdir()) == [marts_path]


def test_headline_totals_are_those_of_a_recount(facts: Facts) -> None:
    orders = list(Chain().orders())
    (headline,) = facts["headline"]
    current = [order for order in orders if (AS_OF - order[1]).days < 28]
    assert headline["order_count"] == len(orders)
    assert headline["net_sales_amount"] == sum(amount for *_, amount in orders)
    assert headline["member_count"] == len({member for _, _, member, _ in orders if member})
    assert headline["current_order_count"] == len(current)
    assert headline["current_net_sales_amount"] == sum(amount for *_, amount in current)
    tied = sum(amount for _, _, member, amount in orders if member)
    assert headline["identified_rate"] == round(Decimal(tied) / headline["net_sales_amount"], 4)


def test_only_stores_that_are_complete_in_both_periods_are_compared(facts: Facts) -> None:
    # Two complete stores sell 28 × 110 after 28 × 100; the third lacks two files and would read as +2.1 % only.
    (headline,), (published,) = facts["headline"], facts["publication"]
    assert published["comparable_store_count"] == 2
    assert headline["net_sales_change_rate"] == Decimal("0.1")
    assert headline["order_change_rate"] == 0


def test_a_store_with_a_missing_file_shows_no_change(facts: Facts) -> None:
    changes = {row["store_name"]: row["change_rate"] for row in facts["stores"]}
    assert changes == {"北店": Decimal("0.1"), HOSTILE: Decimal("0.1"), "东店": None}


def test_there_is_no_comparison_before_day_56(tmp_path: Path) -> None:
    chain = {"missing": (), "campaign_count": 0, "refused_count": 0}
    before = read_facts(write_marts(tmp_path / "before.duckdb", day_count=55, **chain))
    assert before["headline"][0]["net_sales_change_rate"] is None
    after = read_facts(write_marts(tmp_path / "after.duckdb", day_count=56, **chain))
    assert after["headline"][0]["net_sales_change_rate"] == Decimal("0.1")


def test_a_store_whose_next_file_is_not_due_is_counted_not_called_missing(tmp_path: Path) -> None:
    path = write_marts(tmp_path / "marts.duckdb", missing=())
    change(path, f"delete from marts.store_daily_sales where store_id = 'S2' and business_date > date '{AS_OF}' - 3")
    (gaps,) = read_facts(path)["completeness"]
    assert (gaps["undue_store_count"], gaps["window_incomplete_count"]) == (1, 0)
    change(path, f"update marts.stores set until_date = date '{AS_OF}' - 3 where store_id = 'S2'")
    assert read_facts(path)["completeness"][0]["undue_store_count"] == 0


def test_the_last_day_is_compared_with_the_same_weekday(facts: Facts) -> None:
    # The weekday fell into the earlier, cheaper period once in four: 4 × 110 / (3 × 110 + 100) - 1.
    (day,) = facts["last_day"]
    assert (day["net_sales_amount"], day["order_count"]) == (Decimal("330.00"), 3)
    assert day["change_rate"] == round(Decimal(440) / Decimal(430) - 1, 6)


def test_an_effect_without_its_interval_is_not_read(tmp_path: Path) -> None:
    path = write_marts(tmp_path / "marts.duckdb")
    change(path, "update marts.campaign_roi set incremental_high = null where campaign_id = '2'")
    effects = {r["campaign_id"]: r for r in read_facts(path)["campaigns"] if r["kind"] == "comparison"}
    assert (effects["1"]["effect_amount"], effects["1"]["roi_low"]) == (Decimal("75.00"), Decimal("-1.1000"))
    shown = [
        effects["2"][name] for name in ("effect_amount", "effect_low", "effect_high", "roi", "roi_low", "roi_high")
    ]
    assert shown == [None] * 6


def test_the_page_shows_two_allocations_the_comparison_and_what_was_measured(tmp_path: Path) -> None:
    path = write_marts(tmp_path / "marts.duckdb")
    change(path, "update marts.campaign_roi set incremental_net_sales_amount = null where method_family = 'compared'")
    kinds = {r["method"]: r["kind"] for r in read_facts(path)["campaigns"] if r["campaign_id"] == "1"}
    assert kinds == {
        "coupon_coded": "allocation",
        "last_touch": "allocation",
        "targeted_vs_never_targeted": "comparison",
        "holdout": "measurement",
    }


def test_missing_files_in_a_row_are_one_line(facts: Facts) -> None:
    (gap,) = facts["missing_files"]
    assert (gap["sender_name"], gap["file_count"]) == ("东店", 2)
    assert (gap["period_start"], gap["period_end"]) == (date(2026, 2, 18), date(2026, 2, 19))


def test_missing_files_with_a_day_between_them_are_two_lines(tmp_path: Path) -> None:
    missing = ((0, AS_OF - timedelta(days=4)), (0, AS_OF - timedelta(days=2)), (1, AS_OF - timedelta(days=3)))
    facts = read_facts(write_marts(tmp_path / "marts.duckdb", missing=missing))
    assert [row["file_count"] for row in facts["missing_files"]] == [1, 1, 1]


def test_missing_files_with_a_closed_day_between_them_are_one_line(tmp_path: Path) -> None:
    missing = ((0, AS_OF - timedelta(days=4)), (0, AS_OF - timedelta(days=2)))
    path = write_marts(tmp_path / "marts.duckdb", missing=missing)
    change(path, f"update ops.arrival_calendar set status = 'closed' where period_start = date '{AS_OF}' - 3")
    assert [row["file_count"] for row in read_facts(path)["missing_files"]] == [2]


def test_reasons_that_differ_in_a_number_or_a_quoted_value_are_one_kind(facts: Facts) -> None:
    (reason,) = facts["quarantine_reasons"]
    assert reason["reason"] == "quantity … is no number, as in line …"
    assert (reason["row_count"], reason["examples"][0]) == (5, {"path": "S0/sales.csv", "line": 10})


def test_a_refused_value_is_never_read(facts: Facts) -> None:
    assert SECRET_VALUE not in repr(facts)


def test_the_publication_that_draws_the_page_is_not_listed_as_a_run(facts: Facts) -> None:
    assert [row["stage"] for row in facts["runs"]] == ["discover"]


def test_only_the_latest_run_of_a_gate_counts(tmp_path: Path) -> None:
    path = write_marts(tmp_path / "marts.duckdb", failed_checks=3)
    change(
        path,
        "insert into ops.gate_results select 'run-2' as run_id, gate, suite, rule, severity, true, observed, 0, null, "
        "checked_at + interval 1 day from ops.gate_results",
    )
    facts = read_facts(path)
    assert facts["failed_checks"] == []
    assert sum(row["rule_count"] for row in facts["gates"]) == 9


def test_a_week_that_began_before_the_data_is_not_a_week(facts: Facts) -> None:
    # 60 days are eight whole weeks and four days.
    assert {row["weeks_ago"] for row in facts["store_weeks"]} == set(range(8))
