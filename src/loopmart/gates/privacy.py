"""What a gate may show of a row: figures and places, never a value that leads to a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "(hidden)"
_PERSONAL_COLUMN = re.compile(r"(^|_)(token|phone|mobile|openid|unionid|card|card_number|member_name)$")
_PERSONAL_VALUE = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?1[3-9]\d{9}(?![0-9A-Za-z])")
_QUOTED_VALUE = re.compile(r"'[^']*'")


def mask_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `row` that may be shown: personal columns hidden, mobile numbers in other texts too."""
    return {
        name: HIDDEN if value is not None and _PERSONAL_COLUMN.search(name) else mask_value(value)
        for name, value in row.items()
    }


def mask_value(value: Any) -> Any:
    """`value`, with mobile numbers of a text hidden."""
    return _PERSONAL_VALUE.sub(HIDDEN, value) if isinstance(value, str) else value


def mask_error(message: str) -> str:
    """The first line of an engine's error, without the values that it quotes."""
    first = next((line for line in message.splitlines() if line.strip()), "unknown error")
    return str(mask_value(_QUOTED_VALUE.sub("'…'", first)))
