"""SVG for the page: tidy what the chart compiler writes, and draw the small lines in tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup, escape

SPARK_WIDTH, SPARK_HEIGHT = 104, 26

_DROPPED = re.compile(
    r'\s(?:role|aria-roledescription|aria-hidden|pointer-events|font-family|class|xmlns:xlink|version)="[^"]*"'
)
_EMPTY_PATH = re.compile(r'<path(?: [\w-]+="[^"]*")* d="(?:M0,0h0v0h0Z|)"(?: [\w-]+="[^"]*")*/>')
_EMPTY_GROUP = re.compile(r"<g>\s*</g>")
_DESCRIBED = re.compile(r'<(\w+)((?: [\w-]+="[^"]*")*?) aria-label="([^"]*)"((?: [\w-]+="[^"]*")*)/>')
_GEOMETRY = re.compile(r'( (?:d|transform|x2|y2)=")([^"]*)(")')
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_ROOT = re.compile(r'<svg xmlns="[^"]*" (width="[\d.]+" height="[\d.]+" viewBox="[^"]*")>')


def tidy_svg(svg: str, name: str, label: str, css_class: str) -> Markup:
    """Return a compiled chart fit to stand in the page.

    Ids become `<name>-<n>` (the compiler counts them on from chart to chart, so that they would differ between
    two runs), a mark's description becomes its tooltip, fonts are left to the page, and the picture carries one
    label for readers that do not see it.

    Args:
        svg: what the compiler wrote.
        name: unique among the charts of the page.
        label: what the chart shows, in one or two sentences.
        css_class: class of the picture.
    """
    for number, found in enumerate(dict.fromkeys(re.findall(r' id="([^"]+)"', svg)), start=1):
        svg = svg.replace(f'id="{found}"', f'id="{name}-{number}"').replace(f"url(#{found})", f"url(#{name}-{number})")
    svg = _DROPPED.sub("", svg)
    svg = _EMPTY_GROUP.sub("", _EMPTY_PATH.sub("", svg))
    svg = _DESCRIBED.sub(r"<\1\2\4><title>\3</title></\1>", svg)
    svg = _GEOMETRY.sub(lambda m: m[1] + _LONG_NUMBER.sub(_shorten, m[2]) + m[3], svg)
    opening = f'class="{css_class}" role="img" aria-label="{escape(label)}"'
    return Markup(_ROOT.sub(lambda m: f"<svg {opening} {m[1]}>", svg, count=1))  # noqa: S704  the compiler escapes


def draw_sparkline(amounts: Sequence[Decimal | None], label: str) -> Markup:
    """Return a line of a table row: one point per amount, a gap where there is none, a dot at the last one."""
    known = [amount for amount in amounts if amount is not None]
    if not known:
        return Markup("")
    top, low = max(known), min(*known, Decimal(0))
    span = (top - low) or Decimal(1)
    step = Decimal(SPARK_WIDTH - 6) / max(len(amounts) - 1, 1)
    path, is_open, dot = "", False, Markup("")
    for number, amount in enumerate(amounts):
        if amount is None:
            is_open = False
            continue
        x, y = 3 + step * number, 3 + (SPARK_HEIGHT - 6) * (top - amount) / span
        path += f"{'L' if is_open else 'M'}{x:.1f},{y:.1f}"
        path += "" if is_open else "h0"
        is_open = True
        dot = Markup('<circle cx="{}" cy="{}" r="2.2"/>').format(f"{x:.1f}", f"{y:.1f}")
    svg = '<svg class="spark" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">{3}{4}</svg>'
    line = Markup('<path d="{}"/>').format(path)
    return Markup(svg).format(SPARK_WIDTH, SPARK_HEIGHT, label, line, dot)  # noqa: S704  a constant


def _shorten(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")
