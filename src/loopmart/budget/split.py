"""A split of a budget among curves: each next yuan to where it returns most, as long as it returns itself.

At an optimum every channel that is neither empty nor full returns the same for one further yuan (H. W. Kuhn, A. W.
Tucker, "Nonlinear programming", 1951): so one price of a yuan is sought, and each channel takes what it can use at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal

from loopmart.budget.curves import Curve

CENT = Decimal("0.01")
_ROUNDS = 200  # of halving, past which the price of a yuan no longer moves
_SLACK = 1e-6  # of a yuan, lest 49.9999999 be one cent less than 50


def split_budget(amount: Decimal, curves: Mapping[str, Curve], least_return: float = 1.0) -> dict[str, Decimal]:
    """What each channel gets of an amount, in whole cents; together no more than the amount, and what is left stays.

    No channel gets more than was ever spent in it, for nothing is known beyond; none gets a yuan that is expected to
    return less than `least_return`. With a larger amount no channel gets less.

    Args:
        amount: >= 0; what is less than a cent stays.
        curves: by channel.
        least_return: > 0; what the last yuan must return, in the curves' own measure.
    """
    amount = amount.quantize(CENT, ROUND_DOWN)
    low, high = least_return, least_return
    if not amount:
        return dict.fromkeys(curves, Decimal(0))
    if _sum_wanted(curves, low) > amount:
        while _sum_wanted(curves, high) > amount:
            high *= 2
        for _ in range(_ROUNDS):
            price = (low + high) / 2
            low, high = (price, high) if _sum_wanted(curves, price) > amount else (low, price)
    return {name: Decimal(curve.find_spend(high) + _SLACK).quantize(CENT, ROUND_DOWN) for name, curve in curves.items()}


def _sum_wanted(curves: Mapping[str, Curve], price: float) -> float:
    return sum(curve.find_spend(price) for curve in curves.values())
