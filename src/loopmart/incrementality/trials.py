"""A/A tests: campaigns that never were, drawn many times on past sales; what they find is a false positive.

Source: R. Kohavi, D. Tang, Y. Xu, "Trustworthy Online Controlled Experiments" (2020), chapter 19.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loopmart.incrementality.differences import compare_changes
from loopmart.incrementality.estimates import LEVEL, Estimate, Floats, adjust_arms, compare_means, describe_sums
from loopmart.incrementality.synthetic import conclude_gaps, find_gaps, list_assignments
from loopmart.incrementality.verdicts import CUPED, HOLDOUT, PRE_POST, SYNTHETIC

SEED = 20260403
PLACEBOS = 39  # of a store trial, beside the true stores; the fewest but 19 that make a level of 95 %
CELLS = 20_000_000  # members times draws at a time


@dataclass(frozen=True)
class Trial:
    """Campaigns without an effect, by one method.

    Attributes:
        method: of `verdicts`.
        draws: how many.
        false_positives: how many intervals did not hold 0.
        promised: share of such intervals by their level.
    """

    method: str
    draws: int
    false_positives: int
    promised: float

    @property
    def rate(self) -> float:
        """The false-positive rate."""
        return self.false_positives / self.draws


def try_holdouts(sales: Floats, before: Floats, draws: int, share: float = 0.5, seed: int = SEED) -> list[Trial]:
    """Hold out members at random, a share of them, so many times.

    Args:
        sales: (members,), of the window.
        before: (members,), before it.
        draws: how many times.
        share: of members held out; both arms have two members at least.
        seed: of the draws.
    """
    generator = np.random.default_rng(seed)
    y, x = sales - sales.mean(), before - before.mean()
    columns = np.stack([np.ones_like(y), y, y * y, x, x * x, x * y], axis=1)
    held_out = round(len(y) * share)
    sums = []
    step = max(1, CELLS // len(y))
    for start in range(0, draws, step):
        rows = generator.random((min(step, draws - start), len(y)), dtype=np.float32)
        control = rows.argpartition(held_out - 1, axis=1)[:, :held_out]
        marks = np.zeros(rows.shape, dtype=bool)
        np.put_along_axis(marks, control, True, axis=1)
        sums.append(marks @ columns)
    control_sums = np.concatenate(sums)
    arms = describe_sums(*(columns.sum(axis=0) - control_sums).T), describe_sums(*control_sums.T)
    return [
        _count(HOLDOUT, compare_means(*arms)),
        _count(CUPED, compare_means(*adjust_arms(*arms))),
    ]


def try_stores(before: Floats, after: Floats, treated: int, draws: int, seed: int = SEED) -> list[Trial]:
    """Choose stores at random, so many times.

    Args:
        before: (windows, stores, periods), in the store's own mean before the window.
        after: (windows, stores), in that mean; the windows are taken in turn.
        treated: stores with the campaign.
        draws: how many times.
        seed: of the draws.
    """
    generator = np.random.default_rng(seed)
    orders = generator.permuted(np.tile(np.arange(after.shape[1]), (draws, 1)), axis=1)
    windows = np.arange(draws)[:, None] % len(after)
    shuffled_before, shuffled_after = before[windows, orders], after[windows, orders]
    assignments = list_assignments(after.shape[1], treated, PLACEBOS, seed)
    changes = shuffled_after - shuffled_before.mean(axis=-1)
    return [
        _count(SYNTHETIC, conclude_gaps(find_gaps(shuffled_before, shuffled_after, assignments))),
        _count(PRE_POST, compare_changes(changes, np.arange(after.shape[1]) < treated, LEVEL)),
    ]


def _count(method: str, found: Estimate) -> Trial:
    wrong = (found.low > 0) | (found.high < 0)
    return Trial(method, wrong.size, int(wrong.sum()), 1 - found.level)
