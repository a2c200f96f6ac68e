"""Personal values as they may be shown to whoever works on a file: enough to find the line, not the person."""

from __future__ import annotations

import re

PHONE = re.compile(r"(?<!\d)(?:(?:\+?86|0086)[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
"""A mobile number of China, with or without its country code, blanks and hyphens."""
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
IDENTITY = re.compile(r"(?<!\d)\d{6}(?:19|20)\d{2}\d{6}[\dXx](?!\d)")
"""An identity number of China, 18 signs."""


def mask(value: str) -> str:
    """A personal value as it may be shown.

    A phone keeps 3 and 4 digits, another value of more than 5 signs 2 and 2, a short one its first.
    """
    bare = value.strip()
    if len(bare) >= 11 and sum(sign.isdigit() for sign in bare) >= 9:
        return f"{bare[:3]}****{bare[-4:]}"
    if len(bare) > 5:
        return f"{bare[:2]}***{bare[-2:]}"
    return bare[:1] + "**" if bare else ""


def mask_text(text: str) -> str:
    """A text with the phones, e-mail addresses and identity numbers in it masked."""
    for pattern in (EMAIL, IDENTITY, PHONE):
        text = pattern.sub(lambda found: mask(found.group()), text)
    return text
