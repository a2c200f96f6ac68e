"""Comparisons of stores: those that a campaign names, against stores without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loopmart.incrementality.differences import compare_changes
from loopmart.incrementality.estimates import LEVEL, Estimate, Floats
from loopmart.incrementality.members import Window
from loopmart.incrementality.synthetic import Bools, conclude_gaps, find_gaps, list_assignments
from loopmart.incrementality.verdicts import PRE_POST, SYNTHETIC, Finding, judge, scale

PERIODS = 8  # weeks before the campaign
LEAST_CONTROLS = 9  # stores without the campaign; with them one store can be told from chance at the 90 % level
MOST_CONTROLS = 99  # more make no difference to the level of 95 %, but to the time
WORST_FIT = 2.0  # times the usual distance of a store from its synthetic control
NEGLIGIBLE = 0.001  # of sales
SEED = 20260402

NO_STORES = f"the campaign names no store with sales in each of {PERIODS} weeks before"
LIKENESS = "it takes for granted that these stores would have gone on like the mixture of others that was like them"
WEAKEST = "the weakest of the methods: it takes for granted that these stores and the others would have changed alike"


@dataclass(frozen=True)
class Panel:
    """Sales of stores around a campaign, those that it names first.

    Attributes:
        before: (stores, PERIODS), net sales by day with sales, week by week before the first day.
        after: (stores,), net sales by day with sales, over the window.
        days: (stores,), days with sales in the window.
        treated: how many of the stores the campaign names.
    """

    before: Floats
    after: Floats
    days: Floats
    treated: int

    @property
    def controls(self) -> int:
        """How many it does not name."""
        return len(self.after) - self.treated

    def limit(self, controls: int = MOST_CONTROLS, seed: int = SEED) -> Panel:
        """The panel with no more than so many stores without the campaign, drawn at random."""
        if self.controls <= controls:
            return self
        drawn = np.random.default_rng(seed).choice(self.controls, controls, replace=False)
        kept = [*range(self.treated), *(self.treated + np.sort(drawn))]
        return Panel(self.before[kept], self.after[kept], self.days[kept], self.treated)


def conclude_stores(campaign_id: str, window: Window, panel: Panel | None) -> list[Finding]:
    """What synthetic control and pre/post with controls say of a campaign.

    Sales of a store are counted in its own mean before, so that large and small stores compare; the effect is that
    share, of what the stores of the campaign would have sold.
    """
    controls = panel.controls if panel else 0
    few = f"stores without a campaign in its days, with sales in each of {PERIODS} weeks before: {controls}"
    lacks = [window.lack] if window.lack else []
    if panel is None or not panel.treated:
        lacks.append(NO_STORES)
    elif controls < LEAST_CONTROLS:
        lacks.append(f"{few} of at least {LEAST_CONTROLS}")
    if lacks or panel is None:
        is_small = panel is None or not panel.treated or controls < LEAST_CONTROLS
        needed = max(panel.treated if panel else 1, 1) + LEAST_CONTROLS if is_small else None
        verdict = judge(None, lacks, [], "")
        return [
            Finding("campaign", campaign_id, method, *verdict, None, None, None, controls, None, needed, window.lack)
            for method in (SYNTHETIC, PRE_POST)
        ]
    chosen = panel.limit()
    base = chosen.before.mean(axis=1)
    expected = float((base * chosen.days)[: chosen.treated].sum())
    naive = float(((chosen.after - base) * chosen.days)[: chosen.treated].sum())
    before, after = chosen.before / base[:, None], chosen.after / base
    findings = []
    for method, (estimate, doubts), ground in (
        (SYNTHETIC, control_synthetically(before, after, chosen.treated), LIKENESS),
        (PRE_POST, control_changes(before, after, chosen.treated), WEAKEST),
    ):
        effect = scale(estimate, expected)
        findings.append(
            Finding(
                "campaign",
                campaign_id,
                method,
                *judge(effect, [], doubts, ground),
                effect=effect,
                naive=naive,
                control_stores=chosen.controls,
                window_lack=window.lack,
            )
        )
    return findings


def control_synthetically(before: Floats, after: Floats, treated: int) -> tuple[Estimate, list[str]]:
    """Synthetic control of the first stores, and what speaks against it.

    Args:
        before: (stores, periods), in the store's own mean.
        after: (stores,), in that mean.
        treated: how many stores have the campaign.
    """
    found = find_gaps(before, after, list_assignments(len(after), treated))
    usual = float(np.median(found.misfits[1:]))
    doubts = []
    if found.misfits[0] > WORST_FIT * usual + NEGLIGIBLE:
        doubts.append(
            f"no mixture of other stores is like these before the campaign: they differ by {found.misfits[0]:.1%} of "
            f"sales, where {usual:.1%} is usual"
        )
    return conclude_gaps(found), doubts


def control_changes(before: Floats, after: Floats, treated: int) -> tuple[Estimate, list[str]]:
    """Pre/post with controls of the first stores, and what speaks against it; arguments as above."""
    is_treated = _mark(len(after), treated)
    half = before.shape[1] // 2
    trend = compare_changes(before[:, half:].mean(axis=1) - before[:, :half].mean(axis=1), is_treated, LEVEL)
    doubts = []
    if trend.low > NEGLIGIBLE or trend.high < -NEGLIGIBLE:
        doubts.append(
            f"these stores and the others had moved apart before the campaign already, by {float(trend.effect):.1%} "
            "of sales"
        )
    return compare_changes(after - before.mean(axis=1), is_treated), doubts


def _mark(stores: int, treated: int) -> Bools:
    marks: NDArray[np.bool_] = np.arange(stores) < treated
    return marks
