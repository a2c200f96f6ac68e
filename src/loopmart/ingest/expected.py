"""What stores owe as far as it can be told from the files alone: what the marts know of missing files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from loopmart.contracts.catalogue import Catalogue
from loopmart.ingest.periods import cover_days, is_dated, list_periods, open_days

SALES_FEEDS = ("pos_order_lines", "pos_receipts")
"""Feeds of tills: while a file of these is missing, the sales of its days are not known."""
LATER_FEEDS = ("bank_entries",)
"""Feeds of days after those of the sales: a payment reaches the bank when nothing is owed for that day yet."""


def expect_files(catalogue: Catalogue, active: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What stores owe up to the newest day that any file speaks for, as far as it is in the files: never by the clock.

    A month is expected when that day is its last or later. `status` is `arrived` (files speak for every open day),
    `missing`, or `closed` (the store opens on no day of the period). Lists that state no date are left out, because
    only the time of their arrival tells for when they came. A bank's statement makes nothing of others due.

    Args:
        active: rows of the ledger of the files that count.
    """
    later = {source.source for source in catalogue.sources.values() if source.feed in LATER_FEEDS}
    newest = max((f["period_end"] for f in active if f["period_end"] and f["source"] not in later), default=None)
    if newest is None:
        return
    covers = cover_days(active)
    for store in catalogue.senders.values():
        if store.kind != "store":
            continue
        for due in store.dues:
            source = catalogue.sources[due.source]
            if not is_dated(source, catalogue.feeds[source.feed]):
                continue
            covered = covers.get((store.sender_id, due.source), {})
            for start, end in list_periods(store, due.period, newest):
                if end > newest:
                    break
                days = open_days(store, start, end)
                is_whole = all(day in covered for day in days)
                yield {
                    "store_id": store.sender_id,
                    "source": due.source,
                    "period_start": start,
                    "period_end": end,
                    "status": "closed" if not days else "arrived" if is_whole else "missing",
                    "file_id": covered[days[0]].file_id if days and is_whole else None,
                    "is_sales": source.feed in SALES_FEEDS,
                }
