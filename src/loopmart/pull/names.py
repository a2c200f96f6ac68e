"""Names on a server: which can be names in landing, and which are left alone."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

MAX_NAME_BYTES = 240
"""File systems allow 255; a copy number needs a few."""
UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".swp", "~")
"""Ends of the names under which programs write a file that is not whole yet."""
_UNPRINTABLE = {"Cc", "Cf", "Cs"}


def find_fault(name: str) -> str | None:
    """Why one part of a path must not become a name in landing; None if it may.

    A server decides on the names that it lists, so none is trusted.
    """
    if name in ("", ".", "..") or "/" in name:
        return "refused: the name leads out of its folder"
    if "\\" in name:
        return "refused: a backslash in the name"
    if any(unicodedata.category(character) in _UNPRINTABLE for character in name):
        return "refused: a control character in the name"
    if name.startswith("."):
        return "hidden: its name begins with a dot"
    if name.endswith("!"):
        return "refused: a name must not end with an exclamation mark"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"refused: a name longer than {MAX_NAME_BYTES} bytes"
    return None


def is_unfinished(name: str) -> bool:
    """Whether a program still writes the file, by its name."""
    return name.lower().endswith(UNFINISHED)


def is_wanted(relative: str, patterns: list[str]) -> bool:
    """Whether a pattern fits the end of the path: `*.csv` in any folder, `2026/*.csv` in any folder 2026."""
    return any(PurePosixPath(relative).match(pattern) for pattern in patterns)


def number_copy(name: str, number: int) -> str:
    """The name of a later version, as programs number copies: `sales (1).csv.gz`; 0 leaves it as it is."""
    if not number:
        return name
    path = PurePosixPath(name)
    ending = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
    return f"{name.removesuffix(ending)} ({number}){ending}"
