from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from loopmart.contracts.feeds import load_feeds
from loopmart.contracts.senders import load_senders
from loopmart.contracts.sources import load_sources
from loopmart.ingest.cast import Cells, parse_cells
from loopmart.ingest.expressions import create_macros
from loopmart.ingest.tokens import Tokeniser
from tests.conftest import PROJECT

FEEDS = load_feeds(PROJECT / "contracts")
SOURCES = load_sources(PROJECT / "contracts", FEEDS)
GOOD = {
    "store_id": "S00103",
    "order_id_source": "R1",
    "line_number": "1",
    "ordered_at": "30.04.2026 16:20:00",
    "product_id_source": "1002",
    "quantity": "1",
    "gross_amount": "5,50",
    "loyalty_discount_amount": "0,50",
    "coupon_match_amount": "0,00",
    "coupon_amount": "0,00",
    "net_sales_amount": "5,00",
    "card_token": "VIP1",
}


def parse(source: str = "till_semicolon", **cells: str) -> tuple[dict[str, Any], str | None]:
    """Parse one line; its typed fields and the rule that it breaks, if any."""
    names = {field: name for name, field in SOURCES[source].columns.items()}
    header = list(SOURCES[source].header[0])
    row = {names[f]: v for f, v in (GOOD | cells).items()}
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        columns = ", ".join(f"c{i} varchar" for i in range(len(header)))
        engine.execute(f"create table cells_0 ({columns}, _file integer, _line bigint)")
        engine.execute(
            f"insert into cells_0 values ({', '.join('?' * len(header))}, 0, 3)", [row.get(n) for n in header]
        )
        engine.execute(
            "create table batch_files as select 0 as _file, 'f' as _file_id, 'S00103' as sender_id, 'store' as "
            "sender_kind, 'Asia/Shanghai' as time_zone, 'CNY' as currency"
        )
        create_macros(engine, [SOURCES[source]])
        parsing = parse_cells(
            Cells("cells_0", tuple(header)), FEEDS["pos_order_lines"], SOURCES[source], {"Asia/Shanghai"}
        )
        for table, (kind, texts) in parsing.identifiers.items():
            Tokeniser(b"k" * 32).make_table(engine, table, kind, texts)
        result = engine.execute(parsing.sql)
        names_out = [d[0] for d in result.description or []]
        typed = dict(zip(names_out, result.fetchone() or (), strict=True))
    return typed, parsing.checks[typed["_problem"] - 1].rule if typed["_problem"] else None


def test_a_good_line_has_its_types() -> None:
    typed, rule = parse()
    assert rule is None
    assert (typed["net_sales_amount"], typed["currency"], typed["line_number"]) == (Decimal("5.00"), "CNY", 1)
    assert (str(typed["ordered_at"]), str(typed["business_date"])) == ("2026-04-30 08:20:00", "2026-04-30")


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", "5.00"), ("5,0", "5.00"), ("05,000", "5.00"), (" 5,00\t", "5.00"), ("+5,00", "5.00"), ("5,", "5.00")],
)
def test_money_that_is_exact_is_read(text: str, value: str) -> None:
    typed, rule = parse(net_sales_amount=text)
    assert (typed["net_sales_amount"], rule) == (Decimal(value), None)


@pytest.mark.parametrize(
    "text", ["5,001", "5.00", "¥5,00", "1 000,00", "5e0", "--", "NaN", "inf", "0x5", "5,0,0", "99999999999999999,00"]
)
def test_money_that_would_need_a_guess_is_quarantined(text: str) -> None:
    assert parse(net_sales_amount=text)[1] == "not_a_decimal"


@pytest.mark.parametrize(
    ("field", "text", "rule"),
    [
        ("ordered_at", "2026-04-30 16:20:00", "not_a_timestamp"),
        ("ordered_at", "31.02.2026 10:00:00", "not_a_timestamp"),
        ("ordered_at", "", "missing_value"),
        ("line_number", "1.0", "not_a_int"),
        ("line_number", "0", "out_of_range"),
        ("ordered_at", "30.04.2062 16:20:00", "implausible_date"),
        ("ordered_at", "30.04.1926 16:20:00", "implausible_date"),
        ("loyalty_discount_amount", "-0,50", "discounts_have_the_sign_of_gross"),
        ("store_id", "S00101", "unknown_store"),
        ("net_sales_amount", "4,99", "gross_is_net_plus_discounts"),
        ("order_id_source", "  ", "missing_value"),
        ("order_id_source", "4.00123E+27", "number_lost"),
        ("card_token", "1.38E+10", "number_lost"),
    ],
)
def test_each_wrong_cell_names_its_rule(field: str, text: str, rule: str) -> None:
    assert parse(**{field: text})[1] == rule


def test_a_wrong_card_number_is_never_shown() -> None:
    typed, rule = parse(card_token="6222021234567890", line_number="x")
    assert rule == "not_a_int"
    assert "6222021234567890" not in str(typed)


def test_every_source_parses_under_its_own_contract() -> None:
    for source in SOURCES.values():
        if source.ignored_because:
            continue
        parsing = parse_cells(Cells("t", tuple(source.header[0])), FEEDS[source.feed], source, {"Asia/Shanghai"})
        assert parsing.checks, source.source


def test_senders_are_checked_line_by_line(tmp_path: Path) -> None:
    text = (PROJECT / "contracts" / "stores.csv").read_text(encoding="utf-8")
    for wrong, message in (
        (text.replace("Asia/Shanghai", "Asia/Shanghi", 1), r"line 2, column time_zone: .*'Asia/Shanghi'"),
        (
            text.replace("till_gbk:month", "till_gkb:month"),
            r"line 2, column owes: contracts/sources has no till_gkb\.yaml .*till_gbk",
        ),
        (text + text.splitlines()[1] + "\n", r"line 7: sender_id S00101 stands there twice"),
    ):
        path = tmp_path / "stores.csv"
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises(Exception, match=message):
            load_senders(path, SOURCES)
