"""A small chain without files on disk: the contracts, and senders and ledger rows as the tests need them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from loopmart.contracts.catalogue import Catalogue
from loopmart.contracts.feeds import load_feeds
from loopmart.contracts.senders import Sender
from loopmart.contracts.sources import load_sources
from tests.conftest import PROJECT

FEEDS = load_feeds(PROJECT / "contracts")
SOURCES = load_sources(PROJECT / "contracts", FEEDS)


def make_sender(owes: str, since: str = "2026-03-01", **values: str) -> Sender:
    """A store of Shanghai, unless `values` say otherwise."""
    usual = {
        "sender_id": "S1",
        "sender_name": "One",
        "kind": "store",
        "time_zone": "Asia/Shanghai",
        "currency": "CNY",
        "owes": owes,
        "since": since,
        "until": "",
    }
    return Sender.model_validate(usual | values)


def make_catalogue(*senders: Sender) -> Catalogue:
    """The project's contracts and these senders."""
    return Catalogue(FEEDS, SOURCES, {sender.sender_id: sender for sender in senders})


def make_file(start: str | None, end: str | None = None, **values: Any) -> dict[str, Any]:
    """A row of the ledger: a loaded file of till_utf8 from S1, which came on 1 March at midnight UTC."""
    arrived_at = values.pop("arrived_at", "2026-03-01 00:00")
    usual = {
        "file_id": f"f{start}",
        "path": f"S1/{start}.csv",
        "sender_id": "S1",
        "source": "till_utf8",
        "status": "loaded",
        "period_start": date.fromisoformat(start) if start else None,
        "period_end": date.fromisoformat(end or start or "") if start else None,
        "modified_at": datetime.fromisoformat(arrived_at),
        "first_seen_at": datetime(2026, 12, 31),
    }
    return usual | values
