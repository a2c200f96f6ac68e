"""Landing suites come from the contracts alone."""

from __future__ import annotations

import json
from typing import Any

from loopmart.contracts.feeds import load_feeds
from loopmart.gates.landing_suites import FeedModel, FieldModel, RuleModel, describe_feed, render_landing_suites
from tests.unit.gates.world import PROJECT

NAME = "landing.visits.critical.json"


def render(*fields: FieldModel, **feed: Any) -> dict[str, str]:
    """The query (or the column set) of each rule by its name."""
    text = render_landing_suites([FeedModel("visits", fields, **feed)])[NAME]
    rules = {}
    for expectation in json.loads(text)["expectations"]:
        query = expectation["kwargs"].get("unexpected_rows_query", expectation["kwargs"].get("column_set"))
        rules[expectation["meta"]["rule"]] = "\n".join(query)
    return rules


def test_committed_suites_are_those_of_the_contracts() -> None:
    rendered = render_landing_suites(describe_feed(f) for f in load_feeds(PROJECT / "contracts").values())
    committed = {
        path.name: path.read_text(encoding="utf-8")
        for path in (PROJECT / "expectations").glob("landing.*.json")
        if not path.name.startswith("landing.files.")
    }
    assert committed == rendered, "contracts and expectations differ: run `loopmart contracts render`"


def test_each_demand_of_a_field_becomes_a_rule() -> None:
    rules = render(
        FieldModel("visit_id", "varchar", required=True, unique_key=True),
        FieldModel("score", "int", minimum=1, maximum=5),
        FieldModel("basis", "varchar", allowed_values=("seen", "it's said")),
        FieldModel("code", "varchar", pattern="[A-Z]{3}"),
        FieldModel("day", "date"),
        FieldModel("phone_token", "varchar", is_personal=True, is_token=True),
        rules=(RuleModel("score_fits", "The score fits.", "score < 5 or visit_id = 'x'"),),
        business_date="day",
    )
    assert "coalesce(visit_id, '') = ''" in rules["required fields are filled"]
    assert "having count(*) > 1" in rules["visit_id is unique in a file"]
    assert "score < 1 or score > 5" in rules["numbers are within the bounds of the contract"]
    assert "basis not in ('seen', 'it''s said')" in rules["values are those that the contract knows"]
    assert "'[A-Z]{{3}}'" in rules["values are those that the contract knows"]
    assert "day < date '2000-01-01' or day > " in rules["dates lie between the year 2000 and tomorrow"]
    assert "'[0-9a-f]{{32}}'" in rules["personal identifiers are tokens"]
    assert rules["score_fits: The score fits"].startswith("select _file_id, _line, visit_id, score\n")


def test_a_feed_without_demands_has_a_suite_all_the_same() -> None:
    assert list(render(FieldModel("note", "varchar"))) == ["every field of the contract is there"]


def test_a_date_that_does_not_date_the_rows_may_lie_ahead() -> None:
    rules = render(FieldModel("end_date", "date"), FieldModel("seen_on", "date"), business_date="seen_on")
    query = rules["dates lie between the year 2000 and tomorrow"]
    assert "end_date >" not in query
    assert "seen_on > make_timestamp(epoch_us(now())) + interval 1 day" in query
    assert "dates lie after the year 2000" in render(FieldModel("end_date", "date"))


def test_a_personal_value_is_named_and_never_selected() -> None:
    rules = render(
        FieldModel("card_token", "varchar", unique_key=True, pattern="[a-f]+", is_personal=True, is_token=True),
        FieldModel("row", "int", unique_key=True),
        rules=(RuleModel("card_known", "Known.", "card_token <> 'x' and row > 0"),),
    )
    assert "|| card_token" not in rules["values are those that the contract knows"]
    assert rules["card_token + row is unique in a file"].splitlines()[0].endswith("as row_count, row")
    assert rules["card_known: Known"].startswith("select _file_id, _line, row\n")


def test_money_is_named_for_the_recount() -> None:
    feed = FeedModel("visits", (FieldModel("fee", "decimal(18,2)"),), control_amount="fee")
    text = render_landing_suites([feed])[NAME]
    assert json.loads(text)["meta"] == {"relation": "landing_visits", "control_amount": "fee"}
