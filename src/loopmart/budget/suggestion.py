"""What to do with an amount: what goes to which channel, what is kept to find out more, what is left, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from loopmart.budget.channels import ALLOCATED, MEASURED, Channel
from loopmart.budget.split import CENT, split_budget
from loopmart.errors import LoopmartError

NOT_BESIDE_MEASURED = "allocated only: what a rule shared out cannot stand beside what was measured"
NOT_ENOUGH_DATA = "not enough data"


@dataclass(frozen=True)
class Suggestion:
    """A split of an amount; shares, exploration and rest are the amount to the cent.

    Attributes:
        basis: of every share; None without any.
        shares: (channel, what it gets), in order of names.
        left_out: (channel, why nothing is suggested for it).
        exploration: what is kept for channels and offers of which too little is known.
        rest: what no channel can use within what was ever spent.
        least_return: net sales that the last yuan must bring, for its margin to be a yuan.
    """

    amount: Decimal
    currency: str
    basis: str | None
    shares: tuple[tuple[Channel, Decimal], ...]
    left_out: tuple[tuple[Channel, str], ...]
    exploration: Decimal
    rest: Decimal
    least_return: float


def suggest_split(amount: Decimal, channels: Sequence[Channel], explore: Decimal, margin_rate: float) -> Suggestion:
    """Split an amount among the channels that have a curve: the measured ones alone where there are any.

    Args:
        amount: > 0.
        channels: as `read_channels` gives them, of one currency.
        explore: share of the amount to be kept for exploration, 0 to 1.
        margin_rate: share of net sales that is margin, > 0.

    Raises:
        LoopmartError: an argument is out of range, or the channels have several currencies.
    """
    if amount <= 0 or not 0 <= explore <= 1 or not 0 < margin_rate <= 1:
        raise LoopmartError(
            f"amount {amount}, exploration {explore}, margin rate {margin_rate}: amount and margin rate must be above "
            "0, exploration and margin rate at most 1"
        )
    currencies = sorted({channel.currency for channel in channels})
    if len(currencies) != 1:
        raise LoopmartError(f"channels cost money in {', '.join(currencies)}: name one with --currency")
    basis = next((b for b in (MEASURED, ALLOCATED) if any(c.curve and c.basis == b for c in channels)), None)
    curves = {c.name: c.curve for c in channels if c.curve and c.basis == basis}
    exploration = (amount * explore).quantize(CENT, ROUND_HALF_UP)
    split = split_budget(amount - exploration, curves, 1 / margin_rate)
    return Suggestion(
        amount,
        currencies[0],
        basis,
        tuple((channel, split[channel.name]) for channel in channels if channel.name in split),
        tuple((channel, _explain(channel)) for channel in channels if channel.name not in split),
        exploration,
        amount - exploration - sum(split.values(), Decimal(0)),
        1 / margin_rate,
    )


def _explain(channel: Channel) -> str:
    return f"{NOT_ENOUGH_DATA} - {channel.lack}" if channel.lack else NOT_BESIDE_MEASURED
