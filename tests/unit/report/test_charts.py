from __future__ import annotations

import json

import pytest

from loopmart.report import charts
from loopmart.report.drawings import STEP_COLOURS, Size, draw_effects, draw_store_weeks
from loopmart.report.facts import Facts
from loopmart.report.words import Words
from tests.unit.report.html_tree import read_html
from tests.unit.report.marts_file import HOSTILE

WIDE = Size(1040, 12, is_narrow=False)
ENGLISH = Words("en", "USD")


@pytest.mark.parametrize("size", [WIDE, charts.NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", charts.PLANS)
def test_every_chart_is_valid_by_the_schema_of_vega_lite(name: str, size: Size, facts: Facts) -> None:
    drawing = charts.PLANS[name][0](facts, ENGLISH, size)
    assert charts.build_spec(drawing, size, validate=True)["$schema"].startswith(
        "https://vega.github.io/schema/vega-lite/v6."
    )
    json.dumps(drawing.rows, allow_nan=False)


def test_a_hostile_store_name_is_text_in_the_picture(facts: Facts) -> None:
    picture = charts.draw_charts(facts, ENGLISH)["weeks"]
    for svg in picture:
        assert "<script" not in svg
        titles = [element.text for element in read_html(svg).find_all("title")]
        assert any(title.startswith(" ".join(HOSTILE.split())) for title in titles)


def test_a_name_that_ends_a_string_cannot_leave_the_axis_expression(facts: Facts) -> None:
    name = "';alert(1)//\\\"]"
    weeks = [{**row, "store_name": name} for row in facts["store_weeks"]]
    changed = {**facts, "store_weeks": weeks}
    svg = charts.compile_svg(draw_store_weeks(changed, ENGLISH, WIDE), WIDE)
    texts = [element.text for element in read_html(svg).find_all("text")]
    assert any(text.startswith("';alert(1)") for text in texts)


def test_the_same_facts_give_the_same_pictures_again(facts: Facts) -> None:
    assert charts.draw_charts(facts, ENGLISH) == charts.draw_charts(facts, ENGLISH)


def test_an_interval_that_includes_zero_is_hollow(facts: Facts) -> None:
    rows = draw_effects(facts, ENGLISH, WIDE).rows["effects"]
    assert {row["fill"] for row in rows} == {"var(--surface)"}
    above = [{**row, "effect_low": row["effect_amount"]} for row in facts["campaigns"]]
    rows = draw_effects({**facts, "campaigns": above}, ENGLISH, WIDE).rows["effects"]
    assert {row["fill"] for row in rows} == {"var(--series)"}


def test_a_week_with_a_missing_file_is_marked_and_has_no_step(facts: Facts) -> None:
    drawing = draw_store_weeks(facts, ENGLISH, WIDE)
    assert [row["step"] for row in drawing.rows["marks"]] == ["none"]
    assert {row["step"] for row in drawing.rows["weeks"]} <= set(STEP_COLOURS)


def test_without_effects_no_chart_of_effects_is_drawn(facts: Facts) -> None:
    assert "effects" not in charts.draw_charts({**facts, "campaigns": []}, ENGLISH)
