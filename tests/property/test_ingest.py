"""What must hold of ingest for any rows and any bytes, not only for those of the sample."""

from __future__ import annotations

import csv
import gzip
import io
import random
import shutil
import tempfile
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from loopmart.contracts.feeds import load_feeds
from loopmart.contracts.sources import Source, load_sources
from loopmart.ingest.run import discover, load_feed
from loopmart.ledger.store import Ledger
from loopmart.ledger.tables import LINE_CLASSES
from loopmart.settings import Settings
from tests.conftest import PROJECT, TOKEN_KEY

pytestmark = pytest.mark.integration

FEED = "pos_order_lines"
SOURCES = load_sources(PROJECT / "contracts", load_feeds(PROJECT / "contracts"))
TILLS = {"till_utf8": "S00102", "till_gbk": "S00101", "till_semicolon": "S00103"}
CENTS = st.integers(0, 10**9).map(lambda cents: Decimal(cents).scaleb(-2))
CODE = st.text(st.characters(codec="gb18030", exclude_categories=["C", "Z"]), min_size=1, max_size=12).filter(
    lambda text: text.strip("\"'`\t ") == text and not text.startswith("#")
)


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Receipt lines with distinct keys, any codes that GBK can write, and amounts that add up."""
    lines = []
    for number in range(draw(st.integers(0, 12))):
        net, loyalty, match = draw(CENTS), draw(CENTS), draw(CENTS)
        lines.append(
            {
                "order_id_source": draw(CODE) + str(number),
                "line_number": draw(st.integers(1, 10**6)),
                "local_time": datetime(2026, 3, 1) + timedelta(seconds=draw(st.integers(0, 30 * 86400))),
                "product_id_source": draw(CODE),
                "quantity": Decimal(draw(st.integers(-(10**6), 10**9))).scaleb(-3),
                "gross_amount": net + loyalty + match,
                "loyalty_discount_amount": loyalty,
                "coupon_match_amount": match,
                "coupon_amount": draw(CENTS),
                "net_sales_amount": net,
                "card_token": draw(st.one_of(st.just(""), CODE)),
            }
        )
    return lines


def write_file(source: Source, store: str, lines: list[dict[str, Any]], line_end: str, quoting: int) -> str:
    """The text of a file in the dialect of `source`."""
    names = {field: name for name, field in source.columns.items()}
    header = source.header[0]
    separator = "/" if "/" in source.formats["ordered_at"] else "-"
    out = io.StringIO()
    days = f"2026{separator}03{separator}01", f"2026{separator}03{separator}31"
    preamble = {
        "till_gbk": "销售明细,{0},{1},{2}",
        "till_utf8": "# {0} {1} to {2}",
        "till_semicolon": "Journal;{0};{1};{2}",
    }
    out.write(preamble[source.source].format(store, *days) + line_end)
    writer = csv.writer(out, delimiter=source.delimiter, lineterminator=line_end, quoting=quoting)
    writer.writerow(header)
    for line in lines:
        cells = {names[f]: str(v) for f, v in line.items() if f in names}
        if source.decimal_comma:
            amounts = [names[f] for f, v in line.items() if isinstance(v, Decimal)]
            cells |= {name: cells[name].replace(".", ",") for name in amounts}
        cells[names["store_id"]] = store
        cells[names["ordered_at"]] = line["local_time"].strftime(source.formats["ordered_at"])
        if "currency" in names:
            cells[names["currency"]] = "CNY"
        writer.writerow([cells.get(name, "") for name in header])
    if source.trailer:
        total = str(sum((line["net_sales_amount"] for line in lines), Decimal("0.00")))
        promised = {"行号": str(len(lines)), "实收金额": total}
        writer.writerow([source.trailer.first_cell, *(promised.get(name, "") for name in header[1:])])
    return out.getvalue()


def ingest(folder: Path, store: str, name: str, content: bytes) -> tuple[Settings, dict[str, Any]]:
    """Ingest one file in a world of its own; its row of the ledger."""
    key = folder / "token.key"
    key.write_text(TOKEN_KEY)
    settings = Settings(
        home=folder,
        project_dir=PROJECT,
        ledger_url=f"sqlite:///{folder / 'ledger.db'}",
        stores_file=PROJECT / "contracts" / "stores.csv",
        token_key_file=key,
    )
    path = settings.landing_dir / store / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    for feed in discover(settings):
        load_feed(settings, feed)
    (file,) = Ledger(settings.ledger_url).files()
    return settings, file


@pytest.mark.parametrize("till", TILLS)
@hypothesis_settings(max_examples=15, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@seed(20260131)
@given(
    lines=rows(),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    is_zipped=st.booleans(),
)
def test_rows_written_in_any_dialect_are_read_back_equal(
    till: str, lines: list[dict[str, Any]], line_end: str, quoting: int, is_zipped: bool
) -> None:
    text = write_file(SOURCES[till], TILLS[till], lines, line_end, quoting)
    content = text.encode("gb18030" if till == "till_gbk" else "utf-8")
    with tempfile.TemporaryDirectory() as folder:
        settings, file = ingest(Path(folder), TILLS[till], "x.csv", gzip.compress(content) if is_zipped else content)
        assert (file["status"], file["reason"]) == ("loaded", None)
        assert (file["loaded_rows"], file["quarantined_rows"]) == (len(lines), 0)
        fields = [f for f in (lines[0] if lines else {"quantity": 0}) if f not in ("local_time", "card_token")]
        found = duckdb.sql(
            f"select {', '.join(fields)} from '{settings.bronze_dir}/{FEED}/batch=2*/*.parquet' order by _line"
        ).fetchall()
        assert found == [tuple(line[f] for f in fields) for line in lines]


@pytest.mark.parametrize("chunk", range(4))
def test_mutated_bytes_lose_no_line_and_crash_nothing(chunk: int) -> None:
    generator = random.Random(chunk)
    originals = [
        ("S00101", PROJECT / "data/sample/landing/S00101/销售明细_202603.csv"),
        ("S00102", PROJECT / "data/sample/landing/S00102/sales_2026-04.csv"),
        ("S00103", PROJECT / "data/sample/landing/S00103/journal-2026-04.csv"),
        ("S00104", PROJECT / "data/sample/landing/S00104/Sales 2026-04-10.xlsx"),
    ]
    store, original = originals[chunk]
    with tempfile.TemporaryDirectory() as folder:
        for number in range(25):
            content = bytearray(original.read_bytes())
            for _ in range(generator.randint(1, 8)):
                at = generator.randrange(len(content))
                match generator.randrange(4):
                    case 0:
                        content[at] = generator.randrange(256)
                    case 1:
                        del content[at : at + generator.randint(1, 20)]
                    case 2:
                        content[at:at] = generator.choice([b'"', b"\n", b"\r", b",", b"\0", b"\xff", b";", b'""'])
                    case _:
                        content[at:at] = content[at : at + generator.randint(1, 60)]
            world = Path(folder) / str(number)
            world.mkdir()
            _, file = ingest(world, store, original.name, bytes(content))
            assert file["status"] in ("loaded", "refused")
            if file["status"] == "refused":
                assert file["reason"]
                assert file["remedy"]
            else:
                assert file["line_count"] == sum(file[name] for name in LINE_CLASSES)
            shutil.rmtree(world)
