"""Putting a whole download into landing, under a name that is free, for nothing there is ever replaced."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from loopmart.durable import sync
from loopmart.pull.names import number_copy

STEP_SECONDS = 0.001
"""Between two versions of one name, where the server's times do not say which is later."""


class NameTaken(Exception):
    """Something else than a file lies in landing where this one belongs."""


def place_file(aside: Path, landing: Path, wanted: PurePosixPath, modified_at: datetime, digest: str) -> str:
    """Give a download its name, or find its bytes among earlier versions of that name.

    A later version is numbered as programs number copies. Its time becomes that of the remote file, and is always
    later than that of the version before: files are loaded in the order of their times.

    Args:
        aside: the download, on the disk of landing.
        landing: the landing folder.
        wanted: the name below it.
        modified_at: UTC, without a zone.
        digest: SHA-256 of the bytes.

    Returns:
        The name below landing under which the bytes lie.

    Raises:
        NameTaken: a part of the name is something else there.
    """
    first = landing / wanted
    _make_folder(first.parent, landing)
    modified = modified_at.replace(tzinfo=UTC).timestamp()
    number = 0
    while True:
        target = first.with_name(number_copy(first.name, number))
        os.utime(aside, (modified, modified))
        if _take_name(aside, target):
            return target.relative_to(landing).as_posix()
        if target.is_symlink() or not target.is_file():
            raise NameTaken(f"landing has something else under the name {target.relative_to(landing)}; move it away")
        if hash_file(target) == digest:
            return target.relative_to(landing).as_posix()
        modified = max(modified, target.stat().st_mtime + STEP_SECONDS)
        number += 1


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hex digits."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _make_folder(folder: Path, landing: Path) -> None:
    """Make the folder, durably; a link in its path would lead out of landing."""
    within = [part for part in (folder, *folder.parents) if part.is_relative_to(landing)]
    for part in within:
        if part.is_symlink() and part != landing:
            raise NameTaken(f"{part.relative_to(landing)} in landing is a symbolic link; links are not followed")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise NameTaken(f"landing has a file where the folder {folder.relative_to(landing)} belongs") from error
    for part in within:
        sync(part)


def _take_name(aside: Path, target: Path) -> bool:
    """Whether the name was free and is the download's now. A second name is given, never an old one replaced."""
    try:
        os.link(aside, target)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        if os.path.lexists(target):
            return False
        aside.rename(target)
    sync(target.parent)
    return True
