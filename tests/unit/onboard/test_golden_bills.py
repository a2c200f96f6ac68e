"""What is proposed for exports that have a hand-written contract, without looking at it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from loopmart.contracts.catalogue import Catalogue
from loopmart.contracts.sources import Source, names_in
from loopmart.ingest.recognise import recognise
from loopmart.onboard.contract_text import write_contract
from loopmart.onboard.draft import Choices, Draft
from loopmart.onboard.proposal import propose
from loopmart.onboard.run import find_known
from loopmart.onboard.samples import read_table
from tests.conftest import PROJECT

SOURCES = (
    "pospal_tickets", "sixun_saleflow", "loyverse_receipts", "loyverse_receipts_by_item", "square_items",
    "shopify_orders", "catering_orders", "pos_generic_long", "pos_generic_wide", "pos_tender_list", "youzan_customers",
    "vip_card_list", "points_ledger", "meituan_voucher_income", "douyin_voucher_redemptions",
    "wechatpay_coupon_use_flow",
)  # fmt: skip
"""Tills, members, vouchers."""
WANTED_SHARE = 0.8
FOLDER = PROJECT / "tests" / "golden"


@cache
def source_of(case: Path) -> str:
    return str(json.loads((case / "expected.json").read_text(encoding="utf-8"))["source"])


CASES = [p.parent for p in sorted(FOLDER.glob("*/expected.json")) if source_of(p.parent) in SOURCES]


def draft_of(case: Path, catalogue: Catalogue, encoding: str = "utf-8") -> Draft:
    bill = next(case.glob("bill.*"))
    content = bill.read_bytes().decode("utf-8").encode(encoding)
    others = {name: s for name, s in catalogue.sources.items() if name != source_of(case)}
    catalogue = Catalogue(catalogue.feeds, others, catalogue.senders)
    table = read_table(bill.name, "plain", content)
    assert find_known(table, catalogue) is None
    return propose([table], catalogue, Choices())


def map_fields(feeding: Source | Draft, header: set[str]) -> dict[str, set[str]]:
    """The cells of this header that feed each field, directly or in an expression."""
    plain = feeding.plain if isinstance(feeding, Draft) else feeding.columns
    cells: dict[str, set[str]] = {}
    for name, field in plain.items():
        cells.setdefault(field, set()).update({name} & header)
    for field, expression in feeding.derive.items():
        cells.setdefault(field, set()).update(set(names_in(expression)) & header)
    return {field: names for field, names in cells.items() if names}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_feed_header_and_encoding_of_a_known_export_are_found(case: Path, catalogue: Catalogue) -> None:
    wanted = catalogue.sources[source_of(case)]
    draft = draft_of(case, catalogue, "gb18030")
    (layout,) = draft.layouts
    assert draft.feed.name == wanted.feed
    is_ascii = next(case.glob("bill.*")).read_bytes().isascii()
    assert layout.table.encoding == ("utf-8" if is_ascii else "gb18030")
    assert layout.header_line == recognise(layout.table.content, [wanted]).header_line
    assert f"feed: {wanted.feed}" in write_contract(draft)


def test_most_of_the_column_map_of_a_person_is_found(catalogue: Catalogue) -> None:
    found: list[str] = []
    missed: list[str] = []
    for case in CASES:
        draft = draft_of(case, catalogue)
        header = set(draft.layouts[0].header)
        mine, theirs = map_fields(draft, header), map_fields(catalogue.sources[source_of(case)], header)
        for field, cells in theirs.items():
            (found if cells & mine.get(field, set()) else missed).append(f"{case.name}: {field} from {sorted(cells)}")
    share = len(found) / (len(found) + len(missed))
    assert share >= WANTED_SHARE, f"{share:.0%} of {len(found) + len(missed)}; missed:\n" + "\n".join(missed)
