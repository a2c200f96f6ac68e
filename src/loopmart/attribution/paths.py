"""Paths: which campaigns touched people, in this order, and how often that ended in an order or in none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Path(NamedTuple):
    """Campaigns in the order of their touches, with the number of times that an order followed, and that none did."""

    campaigns: tuple[str, ...]
    conversions: int
    nulls: int


def list_campaigns(paths: Iterable[Path]) -> list[str]:
    """All campaigns on the paths, sorted."""
    return sorted({campaign for path in paths for campaign in path.campaigns})


def count_passages(paths: Iterable[Path]) -> dict[str, int]:
    """On how many paths, with or without an order, each campaign stands at all."""
    passages: dict[str, int] = {}
    for path in paths:
        for campaign in set(path.campaigns):
            passages[campaign] = passages.get(campaign, 0) + path.conversions + path.nulls
    return passages
