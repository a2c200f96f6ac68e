"""What a run is asked for, as the form and the asset events say it: plain values that survive JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

NAMES = ("from_date", "to_date", "full_refresh")


def pick_options(params: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a filled form; dates are ISO texts or None."""
    return {name: params.get(name) for name in NAMES}


def merge_options(asked: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The options of one run that covers several: the span around all spans; full if one is full."""
    spans = [
        (options["from_date"] or date.min.isoformat(), options["to_date"] or date.max.isoformat())
        for options in asked
        if options["from_date"] or options["to_date"]
    ]
    return {
        "from_date": min((start for start, _ in spans), default=None),
        "to_date": max((end for _, end in spans), default=None),
        "full_refresh": any(options["full_refresh"] for options in asked),
    }


def as_arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as `build_staging` takes them: dates are dates."""
    return {name: date.fromisoformat(value) if isinstance(value, str) else value for name, value in options.items()}
