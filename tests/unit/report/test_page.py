from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from loopmart.report.facts import Facts, read_facts
from loopmart.report.page import render_page, render_report
from tests.unit.report.html_tree import Element, read_html
from tests.unit.report.marts_file import (
    AS_OF,
    HOSTILE,
    NOT_RANDOM,
    NOTHING,
    QUIET,
    RULE,
    SECRET_VALUE,
    VERSION,
    Chain,
    write_marts,
)

LANGUAGES = ("en", "zh")


def figures(page: Element) -> dict[str, str]:
    found = [e.attributes for e in page.walk() if "data-figure" in e.attributes]
    assert len({a["data-figure"] for a in found}) == len(found), "a figure stands twice"
    return {a["data-figure"]: a["data-value"] for a in found}


def draw(path: Path, language: str = "en") -> Element:
    return read_html(render_page(read_facts(path), language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_headline_figures_carry_their_exact_values(pages: dict[str, str], language: str) -> None:
    orders = list(Chain().orders())
    shown = figures(read_html(pages[language]))
    assert Decimal(shown["net_sales_amount"]) == sum(amount for *_, amount in orders)
    assert int(shown["order_count"]) == len(orders)
    assert int(shown["member_count"]) == 7
    assert Decimal(shown["current_net_sales_amount"]) == sum(a for _, day, _, a in orders if (AS_OF - day).days < 28)
    assert shown["as_of_date"] == AS_OF.isoformat()
    assert shown["version"] == VERSION


def test_the_first_sentence_says_period_sales_orders_and_change(pages: dict[str, str]) -> None:
    texts = [paragraph.text for paragraph in read_html(pages["en"]).by_id("headline").find_all("p")]
    period, day = texts[1:3]
    assert period == (
        "In the 28 days to 1 March 2026, 3 stores sold $9,020 in 82 orders – 10.0% more than in the 28 days before."
    )
    assert day == (
        "The last day, Sunday 1 March 2026, brought $330.00 in 3 orders, "
        "2.3% above the mean of the four Sundays before."
    )


def test_what_is_not_complete_stands_in_the_headline(pages: dict[str, str]) -> None:
    items = [item.text for item in read_html(pages["en"]).by_id("headline").find_all("aside")[0].find_all("li")]
    assert items == [
        "2 store days of the last 28 days are missing, of 84 expected: their sales are not in the figures. Files",
        "2 files are overdue, of 180 that were due. Files",
        "2 files were refused. Files",
        "5 rows are in quarantine. Files",
        "1 check did not pass. Checks",
    ]


def change_calendar(path: Path, statement: str) -> Path:
    with duckdb.connect() as con:
        con.execute(f"attach '{path}' as marts; use marts")
        con.execute(statement)
    return path


def read_overdue(page: Element) -> list[list[str]]:
    (table,) = [t for t in page.by_id("arrivals").find_all("table") if t.attributes.get("class") == "missing"]
    rows = table.find_all("tbody")[0].find_all("tr")
    return [[cell.text for cell in row.find_all("th", "td")] for row in rows]


def test_what_is_overdue_stands_first_with_its_due_time_on_the_senders_clock(pages: dict[str, str]) -> None:
    page = read_html(pages["en"])
    assert read_overdue(page) == [["东店 S2", "18–19 Feb 2026", "2", "till", "19 Feb 2026, 00:00", "Missing"]]
    headings = [heading.text for heading in page.by_id("arrivals").find_all("h3")]
    assert headings[:2] == ["Overdue", "What became of the files"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_late_partial_undue_and_closed_periods_are_counted(tmp_path: Path, language: str) -> None:
    path = change_calendar(
        write_marts(tmp_path / "marts.duckdb"),
        f"""
        update ops.arrival_calendar set is_late = true where store_id = 'S0' and period_start > date '{AS_OF}' - 4;
        update ops.arrival_calendar set status = 'closed', is_late = null
        where store_id = 'S0' and period_start < date '{AS_OF}' - 54;
        insert into ops.arrival_calendar by name
        select 'chain' as sender_id, {"'" + HOSTILE.replace("'", "''") + "'"} as sender_name, 'spend' as source,
            date '2026-02-01' as period_start, date '2026-02-28' as period_end, 'partial' as status,
            'Asia/Shanghai' as time_zone, timestamp '2026-03-01 02:00' as due_at,
            '2026-02-14..2026-02-15' as missing_days;
        insert into ops.arrival_calendar by name
        select 'S1' as sender_id, 'S1' as sender_name, 'bill' as source, date '2026-03-01' as period_start,
            date '2026-03-01' as period_end, 'not_due' as status, 'UTC' as time_zone, timestamp '2026-03-02' as due_at;
        """,
    )
    page = draw(path, language)
    said = {
        "en": "Of 182 periods that senders owe: 169 in time, 4 late, 1 in part, 2 missing, 1 not due yet, 5 closed.",
        "zh": "发送方应交的 182 个期间：按时 169，迟到 4，部分到达 1，未到 2，尚未到期 1，停业 5。",
    }
    assert said[language] in page.by_id("arrivals").text
    first = read_overdue(page)[0]
    assert first[0] == f"{HOSTILE} chain"
    assert first[5].endswith("2026-02-14..2026-02-15")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_when_nothing_is_owed_or_due(tmp_path: Path, language: str) -> None:
    from loopmart.report.words import load_texts

    texts = load_texts(language)
    path = write_marts(tmp_path / "marts.duckdb", **QUIET)
    undue = draw(change_calendar(path, "update ops.arrival_calendar set status = 'not_due', is_late = null"), language)
    assert str(texts["arrivals.missing_undue"]) in undue.text
    unowed = draw(change_calendar(path, "delete from ops.arrival_calendar"), language)
    assert str(texts["arrivals.missing_unknown"]) in unowed.text
    assert str(texts["headline.nothing_owed"]) in unowed.by_id("headline").text
    assert str(texts["headline.complete"]) not in unowed.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_and_reasons_are_escaped_everywhere(pages: dict[str, str], language: str) -> None:
    page = read_html(pages[language])
    assert page.find_all("script") == []
    assert HOSTILE in page.text
    assert "the file is cut off <b>0</b>" in page.text
    assert page.find_all("b") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_but_itself(pages: dict[str, str], language: str) -> None:
    page = read_html(pages[language])
    assert [e.tag for e in page.walk() if e.tag in {"script", "iframe", "object", "embed", "img", "base", "form"}] == []
    addresses = [
        e.attributes[name] for e in page.walk() for name in ("src", "href", "xlink:href") if name in e.attributes
    ]
    assert {a for a in addresses if not a.startswith(("#", "data:,"))} == {
        "index.zh.html" if language == "en" else "index.html"
    }
    assert not re.search(r"@import|url\((?!#)", pages[language])
    assert [name for e in page.walk() for name in e.attributes if name.startswith("on")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_and_every_label_leads_to_an_element_of_the_page(pages: dict[str, str], language: str) -> None:
    page = read_html(pages[language])
    ids = [e.attributes["id"] for e in page.walk() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    wanted = {e.attributes["href"][1:] for e in page.walk() if e.attributes.get("href", "").startswith("#")}
    wanted |= {e.attributes["aria-labelledby"] for e in page.walk() if "aria-labelledby" in e.attributes}
    wanted |= set(re.findall(r"url\(#([\w-]+)\)", pages[language]))
    assert wanted <= set(ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_have_a_caption_and_headers_with_a_scope(pages: dict[str, str], language: str) -> None:
    page = read_html(pages[language])
    assert page.find_all("html")[0].attributes["lang"] == {"en": "en", "zh": "zh-Hans"}[language]
    for table in page.find_all("table"):
        first = next(child for child in table.children if isinstance(child, Element))
        assert first.tag == "caption"
        assert first.text
        assert {th.attributes.get("scope") for th in table.find_all("th")} <= {"col", "row", "colgroup", "rowgroup"}
    assert all(svg.attributes["aria-label"] for svg in page.find_all("svg"))
    levels = [int(heading.tag[1]) for heading in page.find_all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_rows_of_a_table_are_as_wide_as_its_head(pages: dict[str, str]) -> None:
    for table in read_html(pages["en"]).find_all("table"):
        widths, hanging = set(), [0] * 40
        for row in table.find_all("tr"):
            here = sum(1 for left in hanging if left)
            hanging = [max(left - 1, 0) for left in hanging]
            for cell in row.find_all("td", "th"):
                span = int(cell.attributes.get("colspan", 1))
                here += span
                for place in [n for n, left in enumerate(hanging) if not left][:span]:
                    hanging[place] = int(cell.attributes.get("rowspan", 1)) - 1
            widths.add(here)
        assert len(widths) == 1, (table.find_all("caption")[0].text, widths)


ENGLISH_ON_THE_CHINESE_PAGE = {
    "Loopmart",
    "ROI",
    "English",
    "UTC",
    "America",
    "New_York",
    "data",
    "value",
    "US",
    "landing",
}


def find_words(element: Element) -> set[str]:
    """Return the Latin words that are neither code nor marked as English."""
    if element.attributes.get("lang") == "en" or element.tag in {"code", "style", "small"}:
        return set()
    spoken = [value for name, value in element.attributes.items() if name in {"aria-label", "title", "data-label"}]
    texts = [child for child in element.children if isinstance(child, str)]
    words = {word for text in [*spoken, *texts] for word in re.findall(r"[A-Za-z_]{2,}", text.replace(HOSTILE, ""))}
    return words.union(*(find_words(child) for child in element.children if isinstance(child, Element)))


def test_the_chinese_page_is_in_chinese(pages: dict[str, str]) -> None:
    body = read_html(pages["zh"].replace("&lt;script&gt;", "").replace("…", "")).find_all("body")[0]
    left = find_words(body) - ENGLISH_ON_THE_CHINESE_PAGE
    assert {word for word in left if word not in HOSTILE} == set()


def test_cost_that_is_an_assumption_is_marked_wherever_it_stands(pages: dict[str, str]) -> None:
    page = read_html(pages["en"]).by_id("campaigns")
    assert "A cost marked “assumed” is an assumption of the head office" in page.text
    cells = [cell.text for cell in page.find_all("td") if cell.attributes.get("data-label") == "Cost"]
    assert cells
    assert all(cell == "$50.00 assumed" for cell in cells)


def test_an_invoiced_cost_is_not_called_assumed(tmp_path: Path) -> None:
    path = write_marts(tmp_path / "marts.duckdb")
    with duckdb.connect() as con:
        con.execute(f"attach '{path}' as marts; use marts")
        con.execute(
            "update marts.campaign_roi set cost_basis = 'invoiced';update marts.channel_roi set cost_basis = 'invoiced'"
        )
    assert "assumed" not in draw(path).by_id("campaigns").text


def test_allocations_and_comparisons_stand_in_blocks_of_their_own(pages: dict[str, str]) -> None:
    blocks = {
        e.attributes["class"]: e
        for e in read_html(pages["en"]).walk()
        if "card block-" in e.attributes.get("class", "")
    }
    allocation, comparison = blocks["card block-allocation"], blocks["card block-comparison"]
    assert "Coupon used" in allocation.text
    assert "not causal" not in allocation.text
    assert "$75" not in allocation.text
    assert "$200.00" not in comparison.text
    assert "Coupon used" not in comparison.text
    for caption in comparison.find_all("caption", "figcaption"):
        assert "not causal" in caption.text
    measurement = blocks["card block-measurement"]
    assert "Members held out by chance" in measurement.text
    assert "no effect found" in measurement.text
    assert "not causal" not in measurement.text


def test_an_effect_stands_beside_its_interval(pages: dict[str, str]) -> None:
    page = read_html(pages["en"]).by_id("campaigns")
    effects = [
        cell.text for cell in page.find_all("td") if cell.attributes.get("data-label") == "Difference and interval"
    ]
    assert effects == ["$75 −$5 to $155"] * 8
    rois = [cell.text for cell in page.find_all("td") if cell.attributes.get("data-label") == "ROI and interval"]
    assert rois == ["+50% −110% to +210%"] * 8


def test_a_reason_that_all_share_is_said_once_and_the_others_in_their_row(
    tmp_path: Path, pages: dict[str, str]
) -> None:
    text = read_html(pages["en"]).by_id("campaigns").text
    assert (text.count(RULE), text.count(NOT_RANDOM)) == (1, 1)
    path = write_marts(tmp_path / "marts.duckdb")
    own = "the window lies wholly outside the loaded business dates"
    with duckdb.connect() as con:
        con.execute(f"attach '{path}' as marts; use marts")
        con.execute(
            f"update marts.campaign_roi set verdict_reason = verdict_reason || '; {own}' "
            "where campaign_id = '2' and verdict = 'allocated only'"
        )
    text = draw(path).by_id("campaigns").text
    assert (text.count(RULE), text.count(own)) == (1, 1)


def test_long_lists_end_with_how_many_more_there_are(tmp_path: Path) -> None:
    page = draw(write_marts(tmp_path / "marts.duckdb", refused_count=33, quarantined_count=40))
    text = page.by_id("arrivals").text
    assert "broken_029.csv" in text
    assert "broken_030.csv" not in text
    assert "… and 3 more" in text
    assert "… and 37 more" in text


def test_a_refused_value_is_not_on_the_page(pages: dict[str, str]) -> None:
    assert all(SECRET_VALUE not in page for page in pages.values())


def test_the_trace_command_names_an_order_of_the_last_day(pages: dict[str, str]) -> None:
    (command,) = read_html(pages["en"]).by_id("trace").find_all("pre")
    assert re.fullmatch(r"loopmart trace order S\d-17[567]", command.text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (NOTHING, ["page.empty_title", "arrivals.none", "arrivals.missing_unknown", "trace.failed_none"]),
        (
            QUIET,
            [
                "headline.complete",
                "campaigns.none",
                "arrivals.missing_none",
                "arrivals.refused_none",
                "arrivals.quarantine_none",
            ],
        ),
        ({"store_names": ("孤店",), "missing": ()}, ["sales.all_stores"]),
        ({"day_count": 1, "missing": (), "member_count": 1}, ["headline.change_none", "headline.compared_none"]),
        ({"day_count": 3, "missing": ((0, AS_OF), (1, AS_OF), (2, AS_OF))}, ["headline.change_none"]),
    ],
    ids=["nothing", "quiet", "one store", "one day", "last day missing"],
)
def test_empty_states_read_well(tmp_path: Path, changes: dict, expected: list[str], language: str) -> None:  # type: ignore[type-arg]
    from loopmart.report.words import load_texts

    page = draw(write_marts(tmp_path / "marts.duckdb", **changes), language)
    for key in expected:
        assert str(load_texts(language)[key]) in page.text
    assert not re.search(r"\b(?:None|nan|NaN|null|undefined|Undefined)\b", page.find_all("body")[0].text)


def test_nothing_is_said_about_sales_before_there_are_any(tmp_path: Path) -> None:
    page = draw(write_marts(tmp_path / "marts.duckdb", **NOTHING))
    assert [s.attributes["id"] for s in page.find_all("section")] == ["headline", "arrivals", "trace"]
    assert [a.attributes["href"] for a in page.find_all("nav")[0].find_all("a")] == ["#headline", "#arrivals", "#trace"]


def test_a_single_store_is_named(tmp_path: Path) -> None:
    page = draw(write_marts(tmp_path / "marts.duckdb", store_names=("孤店",), missing=()))
    assert "孤店 sold $3,080 in 28 orders" in page.text


def test_stores_in_several_currencies_are_pointed_out(tmp_path: Path) -> None:
    path = write_marts(tmp_path / "marts.duckdb")
    with duckdb.connect() as con:
        con.execute(
            f"attach '{path}' as marts; use marts; update marts.stores set currency = 'CNY' where store_id = 'S1'"
        )
    assert "The stores report in 2 currencies." in draw(path).by_id("headline").text


def test_visitors_stand_beside_sales_where_doors_are_counted(tmp_path: Path) -> None:
    path = write_marts(tmp_path / "marts.duckdb")
    uncounted = draw(path)
    assert "Visitors" not in uncounted.text
    with duckdb.connect() as con:  # three days with an order each, and one whose orders are not all known
        con.execute(f"attach '{path}' as published")
        con.execute(
            f"""
            update published.store_daily_sales
            set visitor_count = 1200, conversion_rate = if(business_date > date '{AS_OF}' - 3, 0.0008, null)
            where store_id = 'S0' and business_date > date '{AS_OF}' - 4
            """
        )
    (table,) = [found for found in draw(path).find_all("table") if found.attributes.get("class") == "stores"]
    titles, *rows = [[cell.text for cell in row.find_all("th", "td")] for row in table.find_all("tr")]
    shown = {row[0]: dict(zip(titles, row, strict=True)) for row in rows}
    assert {name: (row["Visitors"], row["Conversion"]) for name, row in shown.items()} == {
        "北店 S0": ("4,800", "0.1%"), f"{HOSTILE} S1": ("–", "–"), "东店 S2": ("–", "–"),
    }  # fmt: skip


def test_the_same_file_gives_the_same_bytes(marts_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    first = [path.read_bytes() for path in render_report(marts_path, tmp_path / "one")]
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    again = [path.read_bytes() for path in render_report(marts_path, tmp_path / "two")]
    monkeypatch.undo()
    time.tzset()
    assert first == again


def test_both_pages_are_written_and_replace_what_was_there(marts_path: Path, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("yesterday")
    paths = render_report(marts_path, tmp_path)
    assert [path.name for path in paths] == ["index.html", "index.zh.html"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "index.zh.html"]
    assert all(path.read_text(encoding="utf-8").startswith("<!doctype html>") for path in paths)


def test_a_chain_of_457_stores_and_a_year_stays_below_two_megabytes(tmp_path: Path) -> None:
    path = write_marts(tmp_path / "marts.duckdb", **{**NOTHING, "as_of": AS_OF, "currency": "USD"})
    with duckdb.connect() as con:
        con.execute(f"attach '{path}' as marts; use marts")
        con.execute(
            f"""
            create temp table days as
            select 'S' || s as store_id, date '{AS_OF}' - d::integer as day, (s * 37 + d * 11) % 97 + 3.25 as amount
            from range(457) stores (s), range(365) days (d);
            insert into marts.stores (store_id, store_name, currency)
            select distinct store_id, 'Store ' || store_id, 'USD' from days;
            insert into marts.orders (order_id, store_id, business_date, net_sales_amount, is_purchase)
            select store_id || '-' || day, store_id, day, amount, true from days;
            insert into marts.store_daily_sales (store_id, business_date, order_count, net_sales_amount, is_complete)
            select store_id, day, 1, amount, true from days;
            """
        )
    paths = render_report(path, tmp_path / "report")
    assert all(path.stat().st_size < 2_000_000 for path in paths)
    assert "The ten smallest stores with sales" in paths[0].read_text(encoding="utf-8")


def test_facts_are_not_changed_by_drawing(facts: Facts) -> None:
    before = repr(facts)
    render_page(facts, "zh")
    assert repr(facts) == before
