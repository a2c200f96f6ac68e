"""How often Python looks for cycles of objects that nobody holds any more."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Look after 50,000 new objects instead of 700.

    dbt and Great Expectations hold some hundred thousand objects for as long as they run; looking through them over and
    over takes a tenth of a night's CPU time, and frees nothing: the peak of memory is the same.
    """
    gc.set_threshold(50_000, 20, 20)
