"""The charts of the page, compiled from Altair to SVG by vl-convert, without a browser.

Each chart is drawn twice, for a desktop and for a phone; the page shows one of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import altair as alt
import vl_convert
from markupsafe import Markup

from loopmart.report import captions, drawings
from loopmart.report.drawings import Drawing, Size
from loopmart.report.facts import Facts
from loopmart.report.svg import tidy_svg
from loopmart.report.words import Words

VEGALITE_VERSION = "6.4"
NARROW = Size(340, 11, is_narrow=True)
PLANS = {
    "daily": (drawings.draw_daily_sales, captions.label_daily_sales, "daily_sales", 1040),
    "weeks": (drawings.draw_store_weeks, captions.label_store_weeks, "store_weeks", 1040),
    "segments": (drawings.draw_segments, captions.label_segments, "segments", 440),
    "months": (drawings.draw_member_months, captions.label_member_months, "member_months", 1040),
    "effects": (drawings.draw_effects, captions.label_effects, "campaigns", 1040),
}
"""By name: what draws it, what says it, the fact without which there is nothing to draw, and its width in px."""


class Picture(NamedTuple):
    """One chart in its two sizes."""

    wide: Markup
    narrow: Markup


def draw_charts(facts: Facts, words: Words) -> dict[str, Picture]:
    """Return the charts that have something to show, by name."""
    pictures = {}
    for name, (draw, label, fact, width) in PLANS.items():
        if not facts[fact] or (name == "effects" and not captions.list_effects(facts)):
            continue
        said = label(facts, words)
        sizes = {"wide": Size(width, 12, is_narrow=False), "narrow": NARROW}
        drawn = {key: compile_svg(draw(facts, words, size), size) for key, size in sizes.items()}
        pictures[name] = Picture(**{key: tidy_svg(svg, f"{name}-{key}", said, key) for key, svg in drawn.items()})
    return pictures


def compile_svg(drawing: Drawing, size: Size) -> str:
    """Return a drawing as SVG, as the compiler writes it."""
    spec = build_spec(drawing, size) | {"datasets": {name: list(rows) for name, rows in drawing.rows.items()}}
    return str(vl_convert.vegalite_to_svg(spec, vl_version=VEGALITE_VERSION))


def build_spec(drawing: Drawing, size: Size, validate: bool = False) -> dict[str, Any]:
    """Return the Vega-Lite specification of a drawing; a test validates it, a morning does not wait for that."""
    chart = (
        drawing.chart.properties(
            width=size.width, height=drawing.height, autosize=alt.AutoSizeParams(type="fit", contains="padding")
        )
        .configure(aria=False, background="transparent", font="Liberation Sans", padding=2)
        .configure_axis(
            labelColor="var(--muted)",
            labelFontSize=size.letters,
            labelPadding=4,
            gridColor="var(--line)",
            domainColor="var(--line-strong)",
            tickColor="var(--line-strong)",
            title=None,
        )
        .configure_view(stroke=None)
    )
    spec: dict[str, Any] = chart.to_dict(validate=validate)
    return spec
