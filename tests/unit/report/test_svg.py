from __future__ import annotations

from decimal import Decimal

from loopmart.report.svg import draw_sparkline, tidy_svg

COMPILED = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1" class="marks" '
    'width="340" height="120" viewBox="0 0 340 120"><g clip-path="url(#clip41)">'
    '<path aria-label="Sunday: $1,234.5678 &lt;b&gt;" role="graphics-symbol" aria-roledescription="bar" '
    'd="M1.23456,2.0001h3v4h-3Z" fill="var(--series)"/></g><text font-family="Liberation Sans">1.23456</text>'
    '<defs><clipPath id="clip41"><rect width="1"/></clipPath></defs></svg>'
)


def test_the_compilers_running_numbers_are_replaced_by_names_of_the_chart() -> None:
    svg = tidy_svg(COMPILED, "daily-wide", "A line", "wide")
    assert "url(#daily-wide-1)" in svg
    assert 'id="daily-wide-1"' in svg
    assert "clip41" not in svg


def test_a_marks_description_becomes_its_tooltip_and_the_picture_has_one_label() -> None:
    svg = tidy_svg(COMPILED, "daily-wide", 'A "line" <1>', "wide")
    assert "<title>Sunday: $1,234.5678 &lt;b&gt;</title></path>" in svg
    assert svg.startswith(
        '<svg class="wide" role="img" aria-label="A &#34;line&#34; &lt;1&gt;" width="340" height="120"'
    )
    assert svg.count("aria-label") == 1


def test_only_places_are_shortened_never_a_number_that_is_read() -> None:
    svg = tidy_svg(COMPILED, "daily-wide", "A line", "wide")
    assert 'd="M1.2,2h3v4h-3Z"' in svg
    assert ">1.23456</text>" in svg


def test_a_sparkline_breaks_where_a_week_is_missing_and_ends_with_a_dot() -> None:
    svg = draw_sparkline([Decimal(1), Decimal(2), None, Decimal(3)], "North <1>")
    assert svg.count("M") == 2
    assert svg.count("<circle") == 1
    assert 'aria-label="North &lt;1&gt;"' in svg


def test_a_sparkline_of_equal_amounts_or_one_amount_is_drawn() -> None:
    assert "<circle" in draw_sparkline([Decimal(5)], "one")
    assert "<circle" in draw_sparkline([Decimal(0), Decimal(0)], "none")


def test_without_an_amount_there_is_no_sparkline() -> None:
    assert draw_sparkline([None, None], "nothing") == ""
