"""What the bytes of a text tell before anybody splits it, at memory speed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CHUNK = 1 << 17
ZERO, NINE, DOT = b"09."
DECIMALS = 2
"""Decimals that every amount of a feed can hold."""
PADDING = b"\v\f"
"""Signs that the engine passes over around a number, and the careful way does not."""


def count_lines(text: bytes) -> int:
    """Line feeds in a text."""
    signs = np.frombuffer(text, np.uint8)
    return sum(int(np.count_nonzero(signs[i : i + CHUNK] == ord("\n"))) for i in range(0, len(signs), CHUNK))


def reads_exactly(text: bytes) -> bool:
    """Whether the engine's own reading of decimals can neither round nor stretch a number that stands in a text.

    It would round a third decimal, take exponents, digit groups and hexadecimal digits as numbers, a sign before a
    blank as zero, and more than blanks and tabs as padding. True where no digit stands three places after a point,
    none of the letters that make such numbers follows a digit or point, and none of those signs stands anywhere.
    """
    if any(bytes([sign]) in text for sign in PADDING):
        return False
    signs = np.frombuffer(text, np.uint8)
    letters = [sign for sign in b"eE_xX" if bytes([sign]) in text]
    bare = [sign for sign in b"+-" if bytes([sign]) in text]
    for start in range(0, len(signs), CHUNK):
        part = signs[max(start - 1, 0) : start + CHUNK + DECIMALS + 1]
        dots = np.flatnonzero(part[: -DECIMALS - 1] == DOT)
        for place in range(DECIMALS + 1, 0, -1):
            dots = dots[_are_digits(part[dots + place])]
        if dots.size:
            return False
        for letter in letters:
            before = part[np.flatnonzero(part[1:] == letter)]
            if (_are_digits(before) | (before == DOT)).any():
                return False
        for sign in bare:
            after = part[np.flatnonzero(part[:-1] == sign) + 1]
            if ((after == ord(" ")) | (after == ord("\t"))).any():
                return False
    return True


def _are_digits(signs: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return (signs >= ZERO) & (signs <= NINE)
