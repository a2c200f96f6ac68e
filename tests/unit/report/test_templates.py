from __future__ import annotations

import re
from pathlib import Path

import pytest

import loopmart.report
from loopmart.report.words import load_texts

REPORT = Path(loopmart.report.__file__).parent
TEMPLATES = sorted((REPORT / "templates").glob("*.j2"))
SPOKEN_ATTRIBUTES = re.compile(r'\b(?:aria-label|title|alt|data-label)="([^"]*)"')
CODE = re.compile(r"<(code|style)\b.*?</\1>", re.DOTALL)
FILLED_BY_CODE = (
    "format",
    "known",
    "verdict",
    "method",
    "segment",
    "status",
    "feed",
    "stage",
    "gate",
    "severity",
    "channel",
)


def strip_jinja(text: str) -> str:
    return re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_text_stands_in_a_template(path: Path) -> None:
    # Code that a person types into a terminal is the same in every language.
    text = CODE.sub("", strip_jinja(path.read_text(encoding="utf-8")))
    spoken = [*SPOKEN_ATTRIBUTES.findall(text), re.sub(r"<[^>]*>", " ", text)]
    assert [words for part in spoken for words in re.findall(r"[^\W\d_]{2,}", part)] == []


def test_every_text_that_is_said_is_in_the_catalogue_and_none_is_left_over() -> None:
    sources = [*TEMPLATES, *REPORT.glob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    dotted = set(re.findall(r"""["']((?:[a-z_]+)\.[a-z_]+(?:\.[a-z_]+)?)["']""", text))
    catalogue = load_texts("en")
    groups = {key.split(".")[0] for key in catalogue}
    said = {key for key in dotted if key.split(".")[0] in groups and not key.endswith((".html", ".css"))}
    plurals = {f"{key}.{number}" for key in said for number in ("one", "other")}
    assert (
        sorted(
            key
            for key in said
            if key not in catalogue and f"{key}.one" not in catalogue and f"{key}_none" not in catalogue
        )
        == []
    )

    prefixes = tuple(re.findall(r"""["']([a-z]+\.)["'] ~|f"([a-z]+\.(?:[a-z]+_)?){""", text))
    built = tuple(prefix for pair in prefixes for prefix in pair if prefix)
    extended = tuple(f"{key}_" for key in said)
    left = [
        key
        for key in catalogue
        if key not in said | plurals
        and not key.startswith((*built, *extended))
        and key.split(".")[0] not in FILLED_BY_CODE
    ]
    assert left == []


def read_colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", css))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, WCAG 2.2 success criterion 1.4.3."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


PAIRS = [
    *((ink, ground) for ink in ("ink", "muted", "link", "good", "warn", "bad") for ground in ("page", "surface")),
    *((ink, f"{ink}-soft") for ink in ("good", "warn", "bad")),
    ("calm-ink", "calm"), ("link", "band"), ("ink", "code"),
    *(("heat-low-ink", f"heat-{step}") for step in range(5)),
    *(("heat-high-ink", f"heat-{step}") for step in (5, 6)),
]  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_the_contrast_of_level_aa(theme: str) -> None:
    css = (REPORT / "templates" / "style.css").read_text(encoding="utf-8")
    light, dark = css.split("prefers-color-scheme: dark", 1)
    colours = read_colours(light) | (read_colours(dark.split("* {", 1)[0]) if theme == "dark" else {})
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


def test_the_dark_theme_names_every_colour_of_the_light_one() -> None:
    css = (REPORT / "templates" / "style.css").read_text(encoding="utf-8")
    light, dark = css.split("prefers-color-scheme: dark", 1)
    assert read_colours(light).keys() == read_colours(dark.split("* {", 1)[0]).keys()
    used = set(re.findall(r"var\(--([\w-]+)\)", css + (REPORT / "drawings.py").read_text(encoding="utf-8")))
    assert used - read_colours(light).keys() == set()
