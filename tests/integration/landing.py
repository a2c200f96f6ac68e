"""Files that arrive in a world, and what became of them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import duckdb

from loopmart.ingest.run import discover, load_feed
from loopmart.ledger.store import Ledger
from loopmart.settings import Settings


def land(settings: Settings, name: str, content: bytes, sender: str = "S00101") -> None:
    """Let a file arrive from a sender."""
    folder = settings.landing_dir / sender
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def load_all(settings: Settings) -> dict[str, dict[str, Any]]:
    """Load what waits; the ledger's files by path."""
    for feed in discover(settings):
        load_feed(settings, feed)
    return {f["path"]: f for f in Ledger(settings.ledger_url).files()}


def reasons_of(settings: Settings, feed: str) -> list[str]:
    """The reasons in a feed's quarantine, by line."""
    found = f"from '{settings.quarantine_dir}/{feed}/batch=2*/*.parquet'"
    return [reason for (reason,) in duckdb.sql(f"select reason {found} order by _line, reason").fetchall()]


def register(settings: Settings, known: Mapping[str, str]) -> Settings:
    """Settings with a stores.csv that knows more of its senders: settings by sender."""
    header, *lines = settings.stores_file.read_text(encoding="utf-8").splitlines()
    names = header.split(",") if "settings" in header.split(",") else [*header.split(","), "settings"]
    senders = [dict(zip(names, next(csv.reader([line])), strict=False)) for line in lines]
    stores_file = settings.home / "stores.csv"
    with stores_file.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(s | {"settings": known.get(s["sender_id"], s.get("settings", ""))} for s in senders)
    return replace(settings, stores_file=stores_file)
