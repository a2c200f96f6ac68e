"""Files that are whole or not there: written aside, synced, renamed."""

from __future__ import annotations

import os
from pathlib import Path


def replace_file(aside: Path, target: Path) -> None:
    """Replace a file in one step: readers see the old one or the new one, whole."""
    sync(aside)
    aside.replace(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Make a file or folder durable (fsync)."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
