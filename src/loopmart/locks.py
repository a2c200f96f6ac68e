"""Locks that survive their owner's supervisor and end with their owner."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from loopmart.settings import Settings

WAREHOUSE_LOCK = "warehouse"
"""Held by whoever opens the warehouse; it has one writer."""


@contextmanager
def hold_lock(settings: Settings, name: str) -> Iterator[int]:
    """Hold the exclusive lock `name`, waiting for whoever holds it.

    The kernel drops a flock when its process dies, so a retry waits for an orphan that still runs and
    never waits for a dead one. The descriptor that is yielded may be handed to a child process, which then
    shares the lock.
    """
    settings.locks_dir.mkdir(parents=True, exist_ok=True)
    with (settings.locks_dir / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle.fileno()
