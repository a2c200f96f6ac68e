"""The record of an export: a file among those of the head office, which the next night takes in like any other."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from loopmart.contracts.senders import Sender
from loopmart.durable import replace_file
from loopmart.errors import LoopmartError
from loopmart.ledger.store import Ledger
from loopmart.settings import Settings

COLUMNS = (
    "export_id", "audience", "campaign_id", "channel", "exported_at", "export_date", "window_days", "member_id",
    "identifier_type", "identifier_issuer", "identifier_token", "arm", "reason",
)  # fmt: skip
"""As contracts/sources/audience_export.yaml reads them."""


def find_record(settings: Settings, chain: Sender | None, export_id: str) -> Path:
    """Where the record of an export belongs: the folder of the head office in landing.

    Raises:
        LoopmartError: stores.csv has no head office.
    """
    if chain is None:
        raise LoopmartError(f"{settings.stores_file}: has no line of kind chain, in whose folder exports are recorded")
    return settings.landing_dir / chain.sender_id / f"audience_{export_id}.csv"


def list_records(settings: Settings, but: Path) -> list[Path]:
    """Records of other exports that were not revoked."""
    revoked = {settings.landing_dir / file["path"] for file in Ledger(settings.ledger_url).files(["revoked"])}
    return sorted(path for path in but.parent.glob("audience_*.csv") if path != but and path not in revoked)


def write_record(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """Write the record in one step: it is there whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    replace_file(aside, path)
