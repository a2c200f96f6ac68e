"""The morning page in a real browser: what a manager sees at a desk, on a phone, in the dark and on paper."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from loopmart.report.page import render_report
from tests.e2e.browser import open_page
from tests.unit.report.marts_file import AS_OF, HOSTILE, Chain, write_marts

pytestmark = pytest.mark.e2e

PHONE = 390
DESKTOP = 1280


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pages, drawn from a small published file."""
    folder = tmp_path_factory.mktemp("morning")
    render_report(write_marts(folder / "marts.duckdb"), folder / "report")
    return folder / "report"


@pytest.fixture(scope="module")
def browser(report: Path) -> Iterator[Chrome]:
    """A browser with the English page open."""
    with open_page(report / "index.html") as opened:
        yield opened


def show(browser: Chrome, path: Path, width: int = DESKTOP, scheme: str = "light") -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE},
    )
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen", "features": features})
    browser.get(path.as_uri())


def read_figures(browser: Chrome) -> dict[str, str | None]:
    figures = browser.find_elements("css selector", "[data-figure]")
    return {str(figure.get_attribute("data-figure")): figure.get_attribute("data-value") for figure in figures}


def read_colour(browser: Chrome, selector: str) -> str:
    return browser.find_element("css selector", selector).value_of_css_property("background-color")


@pytest.mark.parametrize("name", ["index.html", "index.zh.html"])
def test_figures_are_on_the_page_and_readable(browser: Chrome, report: Path, name: str) -> None:
    show(browser, report / name)
    net = sum(amount for *_, amount in Chain().orders())
    assert Decimal(str(read_figures(browser)["net_sales_amount"])) == net
    assert f"{net:,.2f}" in browser.find_element("id", "headline").text
    assert HOSTILE in browser.find_element("id", "sales").text


def test_nothing_is_fetched_and_nothing_goes_wrong(browser: Chrome, report: Path) -> None:
    show(browser, report / "index.html")
    fetched = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [address for address in fetched if not address.startswith("data:")] == []
    assert browser.get_log("browser") == []
    assert browser.execute_script("return document.scripts.length") == 0


def test_the_page_forbids_what_it_does_not_need(browser: Chrome, report: Path) -> None:
    show(browser, report / "index.html")
    blocked = browser.execute_async_script(
        "const done = arguments[0];"
        "document.addEventListener('securitypolicyviolation', e => done(e.effectiveDirective));"
        "const image = new Image(); image.src = 'http://127.0.0.1:9/x.png'; setTimeout(() => done('loaded'), 3000);"
    )
    assert blocked == "img-src"
    browser.get_log("browser")


def test_the_two_languages_lead_to_each_other(browser: Chrome, report: Path) -> None:
    show(browser, report / "index.html")
    for language in ("zh-Hans", "en"):
        browser.find_element("class name", "language").click()
        assert browser.find_element("tag name", "html").get_attribute("lang") == language
    assert browser.current_url.endswith("index.html")


@pytest.mark.parametrize("name", ["index.html", "index.zh.html"])
@pytest.mark.parametrize("width", [320, PHONE, 768, DESKTOP])
def test_the_page_never_scrolls_sideways(browser: Chrome, report: Path, name: str, width: int) -> None:
    show(browser, report / name, width)
    root = "document.documentElement"
    assert browser.execute_script(f"return {root}.scrollWidth - {root}.clientWidth") == 0


@pytest.mark.parametrize(("width", "shown", "hidden"), [(PHONE, "narrow", "wide"), (DESKTOP, "wide", "narrow")])
def test_each_width_sees_the_chart_made_for_it(
    browser: Chrome, report: Path, width: int, shown: str, hidden: str
) -> None:
    show(browser, report / "index.html", width)
    pictures = {kind: browser.find_elements("css selector", f".picture svg.{kind}") for kind in (shown, hidden)}
    assert len(pictures[shown]) == len(pictures[hidden]) == 5
    assert all(picture.is_displayed() for picture in pictures[shown])
    assert not any(picture.is_displayed() for picture in pictures[hidden])


def test_the_letters_of_a_chart_stay_inside_its_card(browser: Chrome, report: Path) -> None:
    for width in (PHONE, DESKTOP):
        show(browser, report / "index.zh.html", width)
        outside = browser.execute_script(
            "return [...document.querySelectorAll('.picture text')].filter(text => {"
            " const box = text.getBoundingClientRect(), card = text.closest('.card').getBoundingClientRect();"
            " return box.width && (box.left < card.left || box.right > card.right); }).map(text => text.textContent)"
        )
        assert outside == []


def test_dark_and_light_follow_the_device(browser: Chrome, report: Path) -> None:
    seen = {}
    for scheme in ("light", "dark"):
        show(browser, report / "index.html", scheme=scheme)
        seen[scheme] = read_colour(browser, "body"), read_colour(browser, ".card")
    assert seen["light"] != seen["dark"]
    assert seen["light"][1] == "rgba(255, 255, 255, 1)"


def test_details_open_without_a_script(browser: Chrome, report: Path) -> None:
    show(browser, report / "index.html")
    details = browser.find_element("css selector", "#sales details")
    table = details.find_element("tag name", "table")
    assert not table.is_displayed()
    details.find_element("tag name", "summary").click()
    assert table.is_displayed()
    assert f"{AS_OF.day} Mar {AS_OF.year}" in table.text


def test_the_keyboard_reaches_the_figures_and_the_wide_tables(browser: Chrome, report: Path) -> None:
    show(browser, report / "index.html", PHONE)
    assert (
        browser.execute_script("document.querySelector('.skip').focus(); return document.activeElement.className")
        == "skip"
    )
    regions = browser.find_elements("css selector", ".scroll")
    assert regions
    assert all(region.get_attribute("tabindex") == "0" and region.get_attribute("aria-label") for region in regions)


def test_it_prints_light_with_everything_open(browser: Chrome, report: Path) -> None:
    show(browser, report / "index.html", scheme="dark")
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert pdf.startswith(b"%PDF")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    assert read_colour(browser, ".card") == "rgba(255, 255, 255, 1)"
    assert not browser.find_element("css selector", ".top nav").is_displayed()
    table = browser.find_element("css selector", "#sales details table")
    assert browser.execute_script("return arguments[0].getBoundingClientRect().height", table) > 0
