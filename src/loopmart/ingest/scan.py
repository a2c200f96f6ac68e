"""What the bytes of a text tell before anybody splits it, at memory speed."""

from __future__ import annotations

import numpy as np

CHUNK = 1 << 17
ZERO, NINE, DOT = b"09."
DECIMALS = 2
"""Decimals that every amount of a feed can hold."""
MISREAD = (b"+ ", b"- ", b"+\t", b"-\t", b"\v", b"\f")
"""A bare sign, which the engine reads as zero, and signs that it passes over around a number."""


def count_lines(text: bytes) -> int:
    """Line feeds in a text."""
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == ord("\n"))) if len(text) > CHUNK else text.count(b"\n")


def reads_exactly(text: bytes) -> bool:
    """Whether the engine's own reading of decimals can neither round nor stretch a number that stands in a text.

    It would round a third decimal, take exponents, digit groups and hexadecimal digits as numbers, a sign before a
    blank as zero, and more than blanks and tabs as padding. True where no digit stands three places after a point,
    none of the letters that make such numbers follows a digit or point, and none of those signs stands anywhere.
    """
    if any(sign in text for sign in MISREAD):
        return False
    signs = np.frombuffer(text, np.uint8)
    letters = [sign for sign in b"eE_xX" if bytes([sign]) in text]
    for start in range(0, len(signs), CHUNK):
        part = signs[max(start - 1, 0) : start + CHUNK + DECIMALS + 1]
        after = part[np.flatnonzero(part[: -DECIMALS - 1] == DOT) + DECIMALS + 1]
        if ((after >= ZERO) & (after <= NINE)).any():
            return False
        for letter in letters:
            before = part[np.flatnonzero(part[1:] == letter)]
            if (((before >= ZERO) & (before <= NINE)) | (before == DOT)).any():
                return False
    return True
