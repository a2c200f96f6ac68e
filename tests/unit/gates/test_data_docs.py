"""The pages: rendered by Great Expectations, readable without a network, whole at every moment."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from loopmart.gates.outcomes import GateFailed
from tests.unit.gates.world import World


class References(HTMLParser):
    """Collects what a page would fetch or link to, and what it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [value for name, value in attrs if name in ("src", "href", "action", "data") and value]


def read_references(page: Path) -> References:
    references = References()
    references.feed(page.read_text(encoding="utf-8"))
    return references


@pytest.fixture
def docs(world: World) -> Path:
    for gate in ("landing", "staging", "marts"):
        world.check(gate)
    return world.settings.serving_dir / "data_docs"


def test_no_page_refers_to_another_host_or_runs_a_script(docs: Path) -> None:
    pages = list(docs.rglob("*.html"))
    assert len(pages) > 25
    for page in pages:
        text = page.read_text(encoding="utf-8")
        references = read_references(page)
        assert not re.search(r"https?:|//[a-z]|@import|url\(", text), page
        assert not references.tags & {"script", "link", "iframe", "img"}, page
        for target in references.found:
            assert target.startswith("#") or (page.parent / target).is_file(), f"{page} points to {target}"


def test_a_page_is_that_of_great_expectations(docs: Path) -> None:
    page = (docs / "marts" / "marts.orders.critical.html").read_text(encoding="utf-8")
    assert "Evaluated Expectations" in page
    assert "Great Expectations Version" in page
    assert "no order is without its store or its member" in page
    assert "✓ holds" in page


def test_the_index_lists_each_gate_with_its_verdict_and_its_suites(docs: Path) -> None:
    index = (docs / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<h2>(\w+): <span class=\"\w+\">(\w+)", index) == [
        ("landing", "open"),
        ("staging", "open"),
        ("marts", "open"),
    ]
    assert "every file that a store owes has arrived: 1 offending row" in index
    assert 'href="staging/staging.orders.critical.html"' in index


def test_the_page_of_a_shut_gate_shows_the_rows_and_the_remedy_escaped(world: World) -> None:
    world.bronze("coupons", "update rows set product_id_source = null, coupon_upc = '<script>alert(1)</script>'")
    world.bronze("products", "update rows set product_id_source = '<b>P</b>' where _line < 4")
    with pytest.raises(GateFailed):
        world.check("landing")
    docs = world.settings.serving_dir / "data_docs"
    page = (docs / "landing" / "landing.products.critical.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;P&lt;/b&gt;" in page
    assert "<b>P</b>" not in page
    assert "What to do: Ask the sender for a file without the repeated rows" in page
    assert "chain/products_2_" in page
    for path in docs.rglob("*.html"):
        assert "script" not in read_references(path).tags
    assert 'landing: <span class="bad">shut</span>' in (docs / "index.html").read_text(encoding="utf-8")


def test_the_page_of_a_suite_that_is_gone_goes_too(world: World, docs: Path) -> None:
    assert (docs / "staging" / "staging.orders.critical.html").exists()
    world.check("staging", ["staging.products.warning"])
    assert [p.name for p in (docs / "staging").glob("*.html")] == ["staging.products.warning.html"]
    assert (docs / "marts" / "marts.orders.critical.html").exists()


def test_no_half_written_file_is_left(docs: Path) -> None:
    assert [p for p in docs.rglob("*") if p.name.startswith(".")] == []
