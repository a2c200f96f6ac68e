"""The words in which an effect is told, and what has to hold for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from loopmart.incrementality.estimates import Estimate

GAIN, LOSS, NO_EFFECT = "measured gain", "measured loss", "no effect found"
NOT_CAUSAL, NOT_ENOUGH_DATA = "not causal", "not enough data"

NAIVE, HOLDOUT, CUPED = "targeted_vs_never_targeted", "holdout", "holdout_cuped"
SYNTHETIC, PRE_POST = "synthetic_control", "pre_post_with_controls"
METHODS = (NAIVE, HOLDOUT, CUPED, SYNTHETIC, PRE_POST)


class Effect(NamedTuple):
    """Net sales that a campaign brought: the figure, the ends of its interval, and the level of the interval."""

    amount: float
    low: float
    high: float
    level: float


@dataclass(frozen=True)
class Finding:
    """What one method says of one campaign or channel.

    Attributes:
        subject_type: `campaign` or `channel`.
        subject_id: campaign_id or channel.
        method: one of METHODS.
        verdict: one of the words above.
        reason: why, its parts joined with a semicolon.
        effect: None exactly where the verdict is NOT_ENOUGH_DATA.
        naive: what one would say without a control of that kind; None where it is the effect itself, or not known.
        control_members: members whom the comparison sets against; None for a comparison of stores.
        control_stores: stores without the campaign; None for a comparison of members.
        needed_members: how many would be enough, both arms together, where there are too few.
        needed_stores: the same of stores, with and without the campaign.
        window_lack: in what the window falls short of the loaded business dates, or nothing.
    """

    subject_type: str
    subject_id: str
    method: str
    verdict: str
    reason: str
    effect: Effect | None = None
    naive: float | None = None
    control_members: int | None = None
    control_stores: int | None = None
    needed_members: int | None = None
    needed_stores: int | None = None
    window_lack: str | None = None


def judge(effect: Effect | None, lacks: Sequence[str], doubts: Sequence[str], ground: str) -> tuple[str, str]:
    """Verdict and reason of an effect.

    Args:
        effect: None where something is lacking.
        lacks: what is missing for it.
        doubts: what forbids to take it for the campaign's doing.
        ground: on what the verdict rests, where neither is the case.
    """
    if effect is None:
        return NOT_ENOUGH_DATA, "; ".join(lacks)
    if doubts:
        return NOT_CAUSAL, "; ".join(doubts)
    if effect.low > 0:
        return GAIN, f"the interval lies above 0; {ground}"
    if effect.high < 0:
        return LOSS, f"the interval lies below 0; {ground}"
    return NO_EFFECT, f"the interval holds 0; {ground}"


def scale(estimate: Estimate, factor: float) -> Effect:
    """The effect of so many units, each with that of the estimate."""
    amount, low, high = (float(end) * factor for end in (estimate.effect, estimate.low, estimate.high))
    return Effect(amount, low, high, estimate.level)
