"""Removal effects of campaigns in a Markov chain of order 1.

E. Anderl, I. Becker, F. von Wangenheim and J. H. Schumann, "Mapping the customer journey: Lessons learned from
graph-based online attribution modeling", International Journal of Research in Marketing 33 (2016) 457-474: people walk
from campaign to campaign, as often as the paths show, until they convert or leave. The removal effect of a campaign is
the share of conversions that is lost if everybody who comes to it leaves. No walk is simulated: the chance to convert
is the solution of linear equations, and that without a campaign follows from the same solution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from loopmart.attribution.paths import Path, list_campaigns

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Removal:
    """The chance that a path ends in a conversion, and by campaign the share of that chance that hangs on it (0-1)."""

    conversion_rate: float
    effects: dict[str, float]


def solve_removal_effects(paths: Sequence[Path]) -> Removal:
    """Solve the chain of these paths; without a conversion every effect is 0.

    With N = (I - Q)^-1 of the transitions Q between campaigns, a walk comes to campaign j with the chance
    (s N)_j / N_jj, where s is how walks start, and converts from there with (N r)_j, where r is who converts next.
    Who comes to a campaign that is removed is lost: the effect is the product of both over the chance of all walks.
    """
    campaigns = list_campaigns(paths)
    starts, steps, ends = _count_transitions(paths, {name: place for place, name in enumerate(campaigns)})
    if not ends.any():
        return Removal(0.0, dict.fromkeys(campaigns, 0.0))
    times = starts + steps.sum(axis=0)
    visits = np.linalg.inv(np.eye(len(campaigns)) - steps / times[:, None])
    converting = visits @ (ends / times)
    start = starts / starts.sum()
    rate = float(start @ converting)
    effects = (start @ visits) / np.diag(visits) * converting / rate
    return Removal(rate, dict(zip(campaigns, effects.tolist(), strict=True)))


def share_conversions(paths: Sequence[Path]) -> dict[str, float]:
    """Conversions by campaign, shared out in proportion to the removal effects."""
    effects = solve_removal_effects(paths).effects
    total = sum(effects.values())
    conversions = sum(path.conversions for path in paths)
    return {campaign: conversions * effect / total if total else 0.0 for campaign, effect in effects.items()}


def _count_transitions(paths: Sequence[Path], places: dict[str, int]) -> tuple[Counts, Counts, Counts]:
    """How often paths start at each campaign, step from each to each, and convert after each."""
    starts, ends = np.zeros(len(places)), np.zeros(len(places))
    steps = np.zeros((len(places), len(places)))
    for path in paths:
        walk = [places[campaign] for campaign in path.campaigns]
        times = path.conversions + path.nulls
        starts[walk[0]] += times
        for here, there in pairwise(walk):
            steps[here, there] += times
        ends[walk[-1]] += path.conversions
    return starts, steps, ends
