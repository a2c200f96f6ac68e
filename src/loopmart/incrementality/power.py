"""What an experiment can find, before it is run: smallest effect, and members needed.

Source: H. S. Bloom, "Minimum Detectable Effects: A Simple Way to Report the Statistical Power of Experimental Designs",
Evaluation Review 19 (1995) 547-556.
"""

from __future__ import annotations

import math

from scipy import stats

from loopmart.incrementality.estimates import LEVEL

POWER = 0.8  # chance to find an effect that is there
LARGEST = 10**12  # members; more are needed for nothing that anybody could run


def find_detectable_effect(
    deviation: float, treated: int, control: int, level: float = LEVEL, power: float = POWER
) -> float:
    """The smallest difference of means that is found with this chance; infinite with fewer than two in an arm.

    Args:
        deviation: standard deviation between members, the same in both arms; after CUPED, of the adjusted values.
        treated: members with the campaign.
        control: members without.
        level: of the interval that must lie beside 0.
        power: the chance.
    """
    if min(treated, control) < 2:
        return math.inf
    freedom = treated + control - 2
    reach = float(stats.t.ppf(0.5 + level / 2, freedom) + stats.t.ppf(power, freedom))
    return reach * deviation * math.sqrt(1 / treated + 1 / control)


def count_needed_members(
    deviation: float, effect: float, treated_share: float = 0.5, level: float = LEVEL, power: float = POWER
) -> int:
    """Members of both arms together from which on a difference of this size is found with this chance.

    Raises:
        ValueError: the effect is 0, or the share leaves an arm empty.
    """
    if not effect or not 0 < treated_share < 1:
        raise ValueError(f"no number of members finds an effect of {effect} with a share of {treated_share}")
    quantiles = float(stats.norm.ppf(0.5 + level / 2) + stats.norm.ppf(power))
    by_normal = quantiles**2 * deviation**2 / (treated_share * (1 - treated_share) * effect**2)
    low = max(3, min(math.floor(by_normal), LARGEST))  # t quantiles are wider than these: it takes more, and not many
    high = low + 8
    while high < LARGEST and not _finds(high, deviation, effect, treated_share, level, power):
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        if _finds(middle, deviation, effect, treated_share, level, power):
            high = middle
        else:
            low = middle + 1
    return low


def _finds(size: int, deviation: float, effect: float, treated_share: float, level: float, power: float) -> bool:
    treated = round(size * treated_share)
    return find_detectable_effect(deviation, treated, size - treated, level, power) <= abs(effect)
