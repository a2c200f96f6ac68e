"""Ingest: discover → load feed by feed → manifest. Each step is a plain function that can be run again alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from loopmart.contracts.catalogue import Catalogue, load_catalogue
from loopmart.ingest import commit
from loopmart.ingest.batch import Batch
from loopmart.ingest.discover import discover_files
from loopmart.ingest.manifest import export_manifest as write_manifest
from loopmart.ingest.tokens import Tokeniser, load_token_key
from loopmart.ledger.store import Ledger
from loopmart.locks import hold_lock
from loopmart.settings import Settings

log = logging.getLogger(__name__)

BATCH_BYTES = 128 << 20
"""How much (compressed) content one batch takes; bounds memory, and what a kill can cost."""


@dataclass
class LoadReport:
    """What a load did."""

    feed: str
    files_loaded: int = 0
    files_superseded: int = 0
    files_refused: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    amount_loaded: Decimal = Decimal(0)

    def counts(self) -> dict[str, int]:
        """The counts alone, as an orchestrator may log them."""
        return {name: value for name, value in asdict(self).items() if isinstance(value, int)}

    def add(self, files: list[dict[str, Any]]) -> None:
        """Count the verdicts of a batch."""
        for file in files:
            self.files_loaded += file["status"] == "loaded"
            self.files_superseded += file["status"] == "superseded"
            self.files_refused += file["status"] == "refused"
            self.rows_loaded += file.get("loaded_rows", 0)
            self.rows_quarantined += file.get("quarantined_rows", 0)
            self.amount_loaded += file.get("control_amount") or 0


def discover(settings: Settings, stores: list[str] | None = None) -> dict[str, int]:
    """Record what is new in landing.

    Args:
        stores: only these senders' folders; None or empty for all.

    Returns:
        How many files wait for a load, by feed.

    Raises:
        ContractError: a contract or the list of stores is wrong; nothing was looked at.
    """
    catalogue = load_catalogue(settings)
    ledger = Ledger(settings.ledger_url)
    settings.landing_dir.mkdir(parents=True, exist_ok=True)
    with hold_lock(settings, "discover"), ledger.run("discover", {"stores": stores}) as counts:
        pending = discover_files(settings, catalogue, ledger, stores or None)
        counts |= pending
    write_manifest(settings, catalogue, ledger)
    return pending


def load_feed(settings: Settings, feed: str) -> LoadReport:
    """Load every waiting file of a feed, batch by batch.

    Safe to repeat, to kill and to run twice at once: the second runner waits for the first and finds nothing
    left to do.
    """
    return _load(settings, feed, Ledger.pending_files)


def replay_quarantine(settings: Settings, file_id: str = "") -> list[LoadReport]:
    """Load files that have quarantined rows once more, under today's contracts.

    What was mended counts from then on; a file's rows are exchanged in one step, and what is still wrong stays in
    quarantine.

    Args:
        file_id: only files whose id begins so.
    """

    def choose(ledger: Ledger, feed: str) -> list[dict[str, Any]]:
        files = ledger.files(["loaded"])
        return [f for f in files if f["quarantined_rows"] and f["feed"] == feed and f["file_id"].startswith(file_id)]

    ledger = Ledger(settings.ledger_url)
    feeds = sorted(load_catalogue(settings).feeds)
    return [_load(settings, feed, choose) for feed in feeds if choose(ledger, feed)]


def _load(settings: Settings, feed: str, choose: Callable[[Ledger, str], list[dict[str, Any]]]) -> LoadReport:
    catalogue = load_catalogue(settings)
    ledger = Ledger(settings.ledger_url)
    report = LoadReport(feed)
    with hold_lock(settings, f"ingest-{feed}"), ledger.run("ingest", {"feed": feed}) as counts:
        for root in (settings.bronze_dir, settings.quarantine_dir):
            swept = commit.sweep(root / feed, ledger.batches(feed))
            if swept:
                log.info("ingest %s: swept %d folders that a killed run left", feed, swept)
        tokeniser = Tokeniser(load_token_key(settings.token_key_file, ledger))
        for arrivals in _in_batches(choose(ledger, feed)):
            files = _load_batch(settings, catalogue, ledger, tokeniser, feed, arrivals)
            report.add(files)
            log.info(
                "ingest %s: %s files, %s rows loaded, %s quarantined, %s files refused",
                feed, f"{report.files_loaded:,}", f"{report.rows_loaded:,}", f"{report.rows_quarantined:,}",
                f"{report.files_refused:,}",
            )  # fmt: skip
        counts |= asdict(report)
    with hold_lock(settings, "manifest"):
        write_manifest(settings, catalogue, ledger)
    return report


def export_manifest(settings: Settings) -> None:
    """Write the manifest anew from the ledger."""
    with hold_lock(settings, "manifest"):
        write_manifest(settings, load_catalogue(settings), Ledger(settings.ledger_url))


def _in_batches(arrivals: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for arrival in arrivals:
        if batch and size + arrival["size_bytes"] > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(arrival)
        size += arrival["size_bytes"]
    if batch:
        yield batch


def _load_batch(
    settings: Settings,
    catalogue: Catalogue,
    ledger: Ledger,
    tokeniser: Tokeniser,
    feed: str,
    arrivals: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    batch_id = commit.new_batch_id()
    bronze, quarantine = settings.bronze_dir / feed, settings.quarantine_dir / feed
    with commit.work_folder(settings, feed) as workdir:
        batch = Batch(settings, catalogue, ledger, catalogue.feeds[feed], tokeniser, workdir)
        try:
            batch.load(arrivals)
            aside, aside_quarantine = (commit.open_aside(root, batch_id) for root in (bronze, quarantine))
            refused = batch.write_quarantine(aside_quarantine)
            batch.write_bronze(aside)
        finally:
            batch.close()
    commit.seal(aside, commit.batch_folder(bronze, batch_id))
    if refused:
        commit.seal(aside_quarantine, commit.batch_folder(quarantine, batch_id))
    else:
        aside_quarantine.rmdir()
    log.info("ingest %s: batch %s is on disk", feed, batch_id)
    files = [
        {**f.verdict, "arrival_id": f.arrival["arrival_id"], "file_id": f.file_id,
         "sender_id": f.sender.sender_id, "source": f.source.source,
         "batch_id": batch_id if f.verdict["status"] != "refused" else None}
        for f in batch.files
    ]  # fmt: skip
    dates = [
        {"file_id": f.file_id, "business_date": day, "row_count": count, "amount": amount}
        for f in batch.files
        if f.verdict["status"] != "refused"
        for day, (count, amount) in f.dates.items()
        if day
    ]
    ledger.commit_batch(files, dates, superseding={f.file_id for f in batch.files if f.supersedes})
    return files
