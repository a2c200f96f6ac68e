"""Comparisons of members: those held out at random, and, naively, those whom no campaign ever targeted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from loopmart.incrementality.estimates import (
    Arm,
    Estimate,
    adjust_arms,
    check_sample_ratio,
    compare_before,
    compare_means,
)
from loopmart.incrementality.power import count_needed_members
from loopmart.incrementality.verdicts import CUPED, HOLDOUT, NAIVE, Finding, judge, scale

LEAST_MEMBERS = 30  # of an arm; with fewer, the mean of sales is not near enough to normal
ALARM = 0.001  # p value below which chance is no explanation for arms that differ before the campaign, or in size
LIFT = 0.1  # of the mean: the effect to be found where the cost does not say which would pay

NOT_RANDOM = "targeting was not random: the members chosen may have differed without the campaign"
RANDOM = "members were held out at random"
RANDOM_CUPED = "members were held out at random, and sales before the campaign took part of the noise away"
NO_HOLDOUT = "no member was held out at random"


@dataclass(frozen=True)
class Window:
    """Days of a campaign, or of its exports, and how many of them are loaded."""

    day_count: int
    loaded_day_count: int

    @property
    def progress(self) -> str:
        """How much of it is loaded, in words."""
        return f"{self.loaded_day_count} of {self.day_count} days are loaded"

    @property
    def partly_outside(self) -> str:
        """That it is longer than what is loaded, in words."""
        loaded, days = self.loaded_day_count, self.day_count
        return f"the window lies partly outside the loaded business dates ({loaded} of {days} days are loaded)"

    @property
    def lack(self) -> str | None:
        """In what it falls short of the loaded business dates, in words."""
        if not self.day_count:
            return "the campaign list does not give the dates"
        if not self.loaded_day_count:
            return "the window lies wholly outside the loaded business dates"
        if self.loaded_day_count < self.day_count:
            return self.partly_outside
        return None


@dataclass(frozen=True)
class Comparison:
    """Two arms of members over a window.

    Attributes:
        subject_type: `campaign` or `channel`.
        subject_id: campaign_id or channel.
        window: the days of y.
        treated: the arm with the campaign; None where it is empty.
        control: the arm without.
        planned_share: of members with the campaign, as drawn; None where nothing was drawn.
        cost: of the campaign; None where it is not known.
        currencies: of the orders of both arms, sorted.
    """

    subject_type: str
    subject_id: str
    window: Window
    treated: Arm | None
    control: Arm | None
    planned_share: float | None = None
    cost: float | None = None
    currencies: tuple[str, ...] = ()


def conclude_naive(comparison: Comparison) -> Finding:
    """Members targeted against members never targeted: a difference, and never its cause."""
    lacks = _list_lacks(comparison, ("members targeted: ", "members never targeted: "))
    estimate = None if lacks else _compare(comparison.treated, comparison.control)
    return _tell(comparison, NAIVE, estimate, lacks, [NOT_RANDOM], "")


def conclude_holdout(comparison: Comparison, naive: Finding) -> list[Finding]:
    """Members treated against members held out at random, without and with CUPED.

    The difference is not the campaign's where the sizes of the arms are not those that were drawn, or the arms had
    differed before: then something other than chance has sorted the members.
    """
    lacks = _list_lacks(comparison, ("members told: ", "members held out: "))
    treated, control = comparison.treated, comparison.control
    if lacks or treated is None or control is None:
        return [_tell(comparison, method, None, lacks, [], "", naive) for method in (HOLDOUT, CUPED)]
    doubts = _list_doubts(comparison, treated, control)
    return [
        _tell(comparison, HOLDOUT, compare_means(treated, control), [], doubts, RANDOM, naive),
        _tell(comparison, CUPED, compare_means(*adjust_arms(treated, control)), [], doubts, RANDOM_CUPED, naive),
    ]


def miss_holdout(comparison: Comparison) -> list[Finding]:
    """The findings of a campaign from which nobody was held out; half of so many members held out would be enough."""
    needed = _count_needed(comparison, 0.5)
    return [
        Finding(
            comparison.subject_type,
            comparison.subject_id,
            method,
            *judge(None, [NO_HOLDOUT], [], ""),
            control_members=0,
            needed_members=needed,
            window_lack=comparison.window.lack,
        )
        for method in (HOLDOUT, CUPED)
    ]


def list_small_arms(names: Iterable[str], sizes: Iterable[int]) -> list[str]:
    """What is lacking, in words, of each arm that has fewer than LEAST_MEMBERS."""
    return [
        f"{name}{size} of at least {LEAST_MEMBERS}"
        for name, size in zip(names, sizes, strict=True)
        if size < LEAST_MEMBERS
    ]


def _list_lacks(comparison: Comparison, names: tuple[str, str]) -> list[str]:
    window_lack = comparison.window.lack
    few = list_small_arms(names, (_count(comparison.treated), _count(comparison.control)))
    mixed = [f"their orders are in several currencies: {', '.join(comparison.currencies)}"]
    return [*([window_lack] if window_lack else []), *few, *(mixed if len(comparison.currencies) > 1 else [])]


def _list_doubts(comparison: Comparison, treated: Arm, control: Arm) -> list[str]:
    doubts = []
    share = comparison.planned_share
    if share is not None and 0 < share < 1:
        chance = float(check_sample_ratio(treated.count, control.count, share))
        if chance < ALARM:
            doubts.append(
                f"the arms have {_count(treated)} and {_count(control)} members where a share of {share:.4f} was drawn "
                f"(p = {chance:.1g}): members went missing from one arm more than from the other"
            )
    before = compare_before(treated, control, 1 - ALARM)
    if before.low > 0 or before.high < 0:
        doubts.append(
            f"the arms had differed before the campaign by {float(before.effect):.2f} a member, more than chance "
            "explains: they were not drawn at random"
        )
    return doubts


def _compare(treated: Arm | None, control: Arm | None) -> Estimate | None:
    return None if treated is None or control is None else compare_means(treated, control)


def _tell(
    comparison: Comparison,
    method: str,
    estimate: Estimate | None,
    lacks: Sequence[str],
    doubts: Sequence[str],
    ground: str,
    naive: Finding | None = None,
) -> Finding:
    treated, control = _count(comparison.treated), _count(comparison.control)
    effect = None if estimate is None else scale(estimate, treated)
    share = treated / max(treated + control, 1)
    is_small = min(treated, control) < LEAST_MEMBERS
    return Finding(
        comparison.subject_type,
        comparison.subject_id,
        method,
        *judge(effect, lacks, doubts, ground),
        effect=effect,
        naive=naive.effect.amount if effect and naive and naive.effect else None,
        control_members=control,
        needed_members=_count_needed(comparison, min(max(share, 0.1), 0.9)) if is_small else None,
        window_lack=comparison.window.lack,
    )


def _count_needed(comparison: Comparison, share: float) -> int | None:
    """Members from which on an effect that pays the cost is found, or, without a cost, one of LIFT; None if unknown."""
    known = [arm for arm in (comparison.treated, comparison.control) if _count(arm) > 1]
    if not known:
        return 2 * LEAST_MEMBERS
    deviation = math.sqrt(float(np.mean([arm.variance for arm in known if arm])))
    treated = _count(comparison.treated)
    if comparison.cost and treated:
        effect = comparison.cost / treated
    else:
        effect = LIFT * abs(float(np.mean([arm.mean for arm in known if arm])))
    if not effect or not deviation:
        return 2 * LEAST_MEMBERS
    return max(count_needed_members(deviation, effect, share), math.ceil(LEAST_MEMBERS / min(share, 1 - share)))


def _count(arm: Arm | None) -> int:
    return int(arm.count) if arm else 0
