"""The demo as a newcomer runs it: `make demo`, a real Airflow scheduler, the whole year, the page in a browser.

What is published is compared with a naive recount of the publisher's tables that shares no code with us.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psutil
import pytest

from loopmart.settings import Settings
from tests.conftest import PROJECT
from tests.e2e.browser import open_page
from tests.e2e.recount import Recount, recount
from tests.e2e.scheduled import Night, run_scheduled
from tests.worlds import hash_marts, query_published, run_loopmart

sys.path.insert(0, str(PROJECT / "scripts"))
import demo_payments

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An empty place for the demo, as the environment names it."""
    root = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith(("LOOPMART_", "AIRFLOW_"))]:
            patch.delenv(name)
        patch.setenv("LOOPMART_HOME", str(root / "home"))
        patch.setenv("LOOPMART_TOKEN_KEY_FILE", str(root / "token.key"))
        yield


@pytest.fixture(scope="module")
def printed(place: None) -> Night:
    """What `make demo` printed; the task that builds the marts was killed with its dbt at work."""
    shown = run_scheduled(["make", "demo"], dict(os.environ), kill_when_running="--select marts")
    assert shown.code == 0
    return shown


@pytest.fixture(scope="module")
def demo(printed: Night) -> Settings:
    """A world in which `make demo` has run once."""
    return Settings.load()


@pytest.fixture(scope="module")
def truth() -> Recount:
    """The naive recount."""
    return recount()


def ask(demo: Settings, query: str) -> dict[str, Any]:
    """A query whose first column is a key, as a dict of it to the rest (or to the one value)."""
    rows = query_published(demo, query)
    return {row[0]: row[1] if len(row) == 2 else row[1:] for row in rows}


def test_the_demo_shows_its_progress_and_its_summary(demo: Settings, printed: Night) -> None:
    text = "\n".join(printed.lines)
    for step in ("till_gbk: 122 stores", "ingest.load [pos_order_lines]", "build.check_marts", "nightly succeeded"):
        assert step in text
    for figure in ("155,848", "2,469", "457", "4,596,039.58", "791,650.64", "26,359.90", "not causal"):
        assert figure in text
    assert str(demo.serving_dir / "report" / "index.html") in text


def test_every_task_of_the_night_is_shown_as_it_ends(printed: Night) -> None:
    shown = {match[1] for line in printed.lines if (match := re.search(r" s  ([\w.]+(?: \[\w+\])?) +success", line))}
    chain = {
        "nightly.trigger_ingest", "ingest.discover", "ingest.load [pos_order_lines]", "ingest.check_landing",
        "build.build_staging", "build.check_staging", "build.build_marts", "build.check_marts", "build.finish_build",
        "publish.publish", "nightly.wait_for_publication",
    }  # fmt: skip
    assert chain <= shown


@pytest.mark.faults
def test_a_killed_task_is_tried_again(printed: Night) -> None:
    states = printed.states_of("build.build_marts")
    assert "up_for_retry" in states
    first_success = next(state for state in states if state.startswith("success"))
    assert re.fullmatch(r"success after .*, try 2", first_success)  # files that came later may have built once more


def test_nothing_of_airflow_is_left_behind(demo: Settings) -> None:
    left = [
        p for p in psutil.process_iter(["environ"]) if (p.info["environ"] or {}).get("LOOPMART_HOME") == str(demo.home)
    ]
    assert [p for p in left if p.pid != os.getpid()] == []
    assert (demo.home / "airflow").stat().st_mode & 0o777 == 0o700
    assert all(p.stat().st_mode & 0o077 == 0 for p in (demo.home / "airflow" / "processes").glob("*.log"))


def test_totals_equal_the_recount_and_the_publishers_figures(demo: Settings, truth: Recount) -> None:
    (found,) = query_published(
        demo,
        "select sum(item_count), count(*), count(distinct member_id), count(distinct store_id), "
        "sum(net_sales_amount), sum(loyalty_discount_amount), sum(coupon_amount), sum(coupon_match_amount) "
        "from marts.orders",
    )
    totals = truth.totals
    cents = [totals[n] for n in ("net_sales_cents", "loyalty_discount_cents", "coupon_cents", "coupon_match_cents")]
    assert found == (
        *(totals[n] for n in ("lines", "orders", "members", "stores")),
        *(Decimal(c).scaleb(-2) for c in cents),
    )
    assert found[:7] == (
        1_469_307, 155_848, 2_469, 457, Decimal("4596039.58"), Decimal("791650.64"), Decimal("26359.90"),
    )  # fmt: skip


def test_each_store_and_each_day_equals_the_recount(demo: Settings, truth: Recount) -> None:
    found = query_published(
        demo,
        "select store_id, business_date::varchar, order_count, (net_sales_amount * 100)::bigint, new_member_count "
        "from marts.store_daily_sales where order_count > 0",
    )
    wanted = truth.store_days.reset_index()
    expected = zip(
        wanted["store_id"],
        wanted["business_date"].astype(str).str[:10],
        wanted["order_count"],
        wanted["net_sales_cents"],
        wanted["new_member_count"],
        strict=True,
    )
    assert sorted(found) == sorted(expected)


def test_each_order_equals_the_recount(demo: Settings, truth: Recount) -> None:
    found = query_published(
        demo, "select order_id, (net_sales_amount * 100)::bigint, item_count, is_first_order from marts.orders"
    )
    orders = truth.orders
    expected = zip(orders.index, orders["net_sales_cents"], orders["line_count"], orders["is_first_order"], strict=True)
    assert set(found) == set(expected)


def test_redemptions_equal_the_recount_and_none_is_an_orphan(demo: Settings, truth: Recount) -> None:
    found = ask(demo, "select campaign_id, count(*)::int from marts.coupon_redemptions group by 1")
    assert sum(found.values()) == truth.totals["redemptions"] == 2_102
    assert {n: found[n] for n in ("18", "13", "8")} == {"18": 653, "13": 629, "8": 372}
    orphans = query_published(
        demo,
        "select count(*) from marts.coupon_redemptions r "
        "where not exists (from marts.campaigns c where c.campaign_id = r.campaign_id) "
        "or not exists (from marts.members m where m.member_id = r.member_id) or order_id is null",
    )
    assert orphans == [(0,)]


VERDICTS = {
    "allocated": {"allocated only"},
    "compared": {"not causal", "not enough data"},
    "measured": {"measured gain", "measured loss", "no effect found", "not causal", "not enough data"},
}
ALLOCATED = "coupon_coded", "first_touch", "last_touch", "linear", "position_based", "time_decay", "shapley", "markov"
MEASURED = "holdout", "holdout_cuped", "synthetic_control", "pre_post_with_controls"


def test_every_campaign_stands_under_every_method_with_its_verdict(demo: Settings) -> None:
    rows = query_published(
        demo,
        "select method_family, method, verdict, count(*)::int, bool_and(cost_basis = 'assumed') "
        "from marts.campaign_roi group by all",
    )
    by_method: dict[tuple[str, str], int] = {}
    for family, method, verdict, count, is_assumed in rows:
        assert is_assumed
        assert verdict in VERDICTS[family]
        by_method[family, method] = by_method.get((family, method), 0) + count
    assert by_method == {
        ("compared", "targeted_vs_never_targeted"): 27,
        **{("allocated", method): 27 for method in ALLOCATED},
        **{("measured", method): 27 for method in MEASURED},
    }
    without_interval = query_published(
        demo,
        "select count(*) from marts.campaign_roi where incremental_net_sales_amount is not null "
        "and (incremental_low is null or incremental_high is null or confidence_level is null)",
    )
    assert without_interval == [(0,)]


def test_a_campaign_without_a_holdout_says_how_many_members_would_be_enough(demo: Settings) -> None:
    (found,) = query_published(
        demo,
        "select count(*)::int, count(needed_member_count)::int, min(needed_member_count)::int >= 60, "
        "string_agg(distinct verdict_reason) from marts.campaign_roi where method = 'holdout'",
    )
    assert found == (27, 27, True, "no member was held out at random")


def test_every_member_has_a_predicted_value_and_the_year_to_come_resembles_the_last(demo: Settings) -> None:
    assert query_published(demo, "select distinct verdict from marts.member_value_checks") == [("fits",)]
    ((unpredicted, predicted, sold),) = query_published(
        demo,
        "select count(*) filter (predicted_12m_amount is null), sum(predicted_12m_amount), sum(net_sales_amount) "
        "from marts.members",
    )
    assert unpredicted == 0
    assert 0.9 < predicted / sold < 1.1


def test_every_landing_line_is_accounted_for_and_money_is_equal_at_each_stage(demo: Settings, truth: Recount) -> None:
    unbalanced = query_published(
        demo,
        "select count(*) from ops.file_ledger where status in ('loaded', 'superseded') and line_count <> header_lines "
        "+ preamble_lines + trailer_lines + blank_lines + continuation_lines + loaded_rows + quarantined_rows",
    )
    assert unbalanced == [(0,)]
    net = Decimal(truth.totals["net_sales_cents"]).scaleb(-2)
    stages = {
        "ledger": "select sum(control_amount) from ops.file_ledger where feed = 'pos_order_lines'",
        "items": "select sum(net_sales_amount) from marts.order_items",
        "orders": "select sum(net_sales_amount) from marts.orders",
        "days": "select sum(net_sales_amount) from marts.store_daily_sales",
        "stores": "select sum(net_sales_amount) from marts.stores",
        "members": "select sum(net_sales_amount) from marts.members",
    }
    assert {name: query_published(demo, query)[0][0] for name, query in stages.items()} == dict.fromkeys(stages, net)


def test_every_planted_break_is_found_in_its_class_and_none_is_invented(demo: Settings) -> None:
    breaks = json.loads((demo.home / "planted.json").read_text(encoding="utf-8"))["breaks"]
    wanted: Counter[tuple[str, ...]] = Counter()
    for b in breaks:
        order = f"{b['store_id']}-{b['order_id_source']}"
        is_split = b["class"] == "cross_day"  # a row on the day of each side
        sides = [(b["business_date"], b["pos_amount"], None), (b["bill_business_date"], None, b["bill_amount"])]
        whole = [(b["business_date"], b["pos_amount"], b["bill_amount"])]
        for day, pos, bill in sides if is_split else whole:
            wanted[b["class"], order, b["payment_channel"], b["kind"], day, pos or "0.00", bill or "0.00"] += 1
    found = query_published(
        demo,
        "select class, regexp_replace(order_id, '-refund.*', ''), payment_channel, kind, business_date::varchar, "
        "pos_amount::varchar, bill_amount::varchar from marts.payment_reconciliation where class <> 'matched'",
    )
    assert Counter(found) == wanted
    assert Counter(b["class"] for b in breaks) == demo_payments.BREAKS


def test_what_the_tills_were_paid_comes_to_the_recounted_sales(demo: Settings, truth: Recount) -> None:
    ((billed,),) = query_published(
        demo, "select sum(pos_amount) from marts.payment_reconciliation where kind = 'payment'"
    )
    ((others,),) = query_published(
        demo,
        "select sum(amount) from marts.payments where kind = 'payment' and payment_channel not in ('wechat', 'alipay')",
    )
    assert billed + others == Decimal(truth.totals["net_sales_cents"]).scaleb(-2)


def test_a_payer_of_one_household_makes_no_new_member(demo: Settings, truth: Recount) -> None:
    ((members, payers, paying),) = query_published(
        demo,
        "select count(distinct member_id), count(*) filter (identifier_type = 'wechat_openid'), "
        "count(distinct member_id) filter (identifier_type = 'wechat_openid') from marts.member_identifiers",
    )
    assert members == truth.totals["members"]
    assert payers > paying > 0.9 * members


def test_the_page_shows_the_figures_in_a_browser(demo: Settings, truth: Recount) -> None:
    for name, language in (("index.html", "en"), ("index.zh.html", "zh")):
        with open_page(demo.serving_dir / "report" / name) as browser:
            assert browser.find_element("tag name", "html").get_attribute("lang").startswith(language)
            figures = {
                e.get_attribute("data-figure"): e.get_attribute("data-value")
                for e in browser.find_elements("css selector", "[data-figure]")
            }
            text = browser.find_element("tag name", "body").text
            assert browser.get_log("browser") == []
        assert Decimal(figures["net_sales_amount"]) == Decimal(truth.totals["net_sales_cents"]).scaleb(-2)
        assert int(figures["order_count"]) == truth.totals["orders"]
        assert "4,596,039.58" in text


def test_only_a_corrected_store_day_is_loaded_again_and_the_year_equals_a_clean_build(demo: Settings) -> None:
    ((newest,),) = query_published(demo, "select max(change_seq) from ops.file_ledger")
    subprocess.run([sys.executable, "scripts/unpack_complete_journey.py"], cwd=PROJECT, check=True)
    path = next(p for p in sorted(demo.landing_dir.glob("*/*2017-06-15*")) if p.suffix == ".csv")
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) > 20
    path.with_name(f"corrected {path.name}").write_bytes(b"".join(lines[:-1]))
    shown = run_loopmart("run", settings=demo).stderr
    replaced = re.search(r"build: (\d+) business dates to replace", shown)
    assert replaced
    assert int(replaced.group(1)) == 1
    changed = query_published(
        demo, f"select path, status from ops.file_ledger where change_seq > {newest} order by length(path)"
    )
    name = str(path.relative_to(demo.landing_dir))
    assert changed == [(name, "superseded"), (name.replace(path.name, f"corrected {path.name}"), "loaded")]
    corrected = hash_marts(demo)
    run_loopmart("run", "--full-refresh", settings=demo)
    assert hash_marts(demo) == corrected
