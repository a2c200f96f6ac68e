"""The commit protocol: a batch is whole on disk before the ledger says that it counts.

Written aside, synced, renamed, then one ledger transaction. A run that dies in between leaves a folder that
no ledger row names; nobody reads it and the next run sweeps it.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loopmart.durable import sync
from loopmart.ledger.store import utc_now
from loopmart.settings import Settings


def new_batch_id() -> str:
    """A batch id that sorts by time of birth."""
    return f"{utc_now():%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}"


def batch_folder(feed_dir: Path, batch_id: str) -> Path:
    """Where a committed batch lies; a folder of Hive's partition form."""
    return feed_dir / f"batch={batch_id}"


def open_aside(feed_dir: Path, batch_id: str) -> Path:
    """An empty folder beside the committed ones, invisible to readers of `batch=*`."""
    folder = feed_dir / f".aside-{batch_id}"
    folder.mkdir(parents=True)
    return folder


@contextmanager
def work_folder(settings: Settings, feed: str) -> Iterator[Path]:
    """An empty folder for a batch's engine, on the lake's disk; what a killed run left there is removed first."""
    folder = settings.lake_dir / f".work-{feed}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def seal(aside: Path, target: Path) -> None:
    """Make a folder durable, then give it its name in one step."""
    for path in aside.iterdir():
        sync(path)
    sync(aside)
    aside.rename(target)
    sync(target.parent)


def sweep(feed_dir: Path, known_batches: set[str]) -> int:
    """Remove what a killed run left: folders aside and batches that the ledger does not know; returns how many."""
    swept = 0
    for folder in feed_dir.glob("*") if feed_dir.exists() else ():
        batch_id = folder.name.removeprefix("batch=")
        if folder.name.startswith(".aside-") or (batch_id not in known_batches and batch_id != "schema"):
            shutil.rmtree(folder)
            swept += 1
    return swept
