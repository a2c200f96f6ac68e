"""What payment companies charge, as the settings of stores.csv write it: `rate.wechat=0.6%|0.54%@2026-07-01`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

CHANNELS = ("wechat", "alipay", "card")
PREFIX = "rate."
_RATE = re.compile(r"(?P<percent>\d{1,2}(\.\d{1,4})?)%(@(?P<since>\d{4}-\d{2}-\d{2}))?")


@dataclass(frozen=True)
class FeeRate:
    """The share of an amount (0 to 1) that a channel charges, from a day on; None where it has always been so."""

    channel: str
    rate: Decimal
    since: date | None


def parse_rates(settings: Mapping[str, str]) -> tuple[FeeRate, ...]:
    """The rates among a sender's settings, by channel and day.

    Raises:
        ValueError: the channel has no bills, or the rate is not written as a percentage with the day of a change.
    """
    rates: list[FeeRate] = []
    for key, text in settings.items():
        if not key.startswith(PREFIX):
            continue
        channel = key.removeprefix(PREFIX)
        if channel not in CHANNELS:
            raise ValueError(f"{key}: write rate.{', rate.'.join(CHANNELS)}; other ways of paying have no bill")
        found = [_parse_rate(key, part.strip()) for part in text.split("|")]
        days = [since or date.min for _, since in found]
        if days != sorted(set(days)):
            raise ValueError(f"{key}: write rates in the order of their days, each day once (found {text!r})")
        rates += [FeeRate(channel, rate, since) for rate, since in found]
    return tuple(rates)


def _parse_rate(key: str, text: str) -> tuple[Decimal, date | None]:
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{key}: write a percentage, after a change with its first day: 0.6% or 0.54%@2026-07-01 (found {text!r})"
        )
    since = match["since"]
    return Decimal(match["percent"]) / 100, date.fromisoformat(since) if since else None
