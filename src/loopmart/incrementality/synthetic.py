"""Synthetic control on stores, with the permutation interval of its placebos.

Sources: A. Abadie, A. Diamond, J. Hainmueller, "Synthetic Control Methods for Comparative Case Studies", Journal of
the American Statistical Association 105 (2010) 493-505 (convex weights, placebos); S. Firpo, V. Possebom, "Synthetic
Control Method: Inference, Sensitivity Analysis and Confidence Sets", Journal of Causal Inference 6 (2018) (an interval
by inverting the test); J. Duchi et al., "Efficient Projections onto the l1-Ball", ICML 2008 (the projection).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from loopmart.incrementality.estimates import LEVEL, Estimate, Floats

Bools = NDArray[np.bool_]
STEPS = 100
DRAWS = 199  # placebos where there are more than that
SEED = 20260401
LEAST_RIDGE = 1e-12  # where stores do not differ at all
LARGEST = 100.0  # effect that is looked for, in the unit of the sales
PRECISION = 1e-4


@dataclass(frozen=True)
class Gaps:
    """What each assignment of the campaign to stores would have found.

    Attributes:
        gaps: (…, assignments), in the window: the stores' mean less their synthetic control's; the true one first.
        slopes: (…, assignments), by how much a gap falls for each unit that the true stores sold less.
        misfits: (…, assignments), root mean square of the gaps before.
    """

    gaps: Floats
    slopes: Floats
    misfits: Floats


def list_assignments(stores: int, treated: int, draws: int = DRAWS, seed: int = SEED) -> Bools:
    """Sets of `treated` of so many stores, (assignments, stores): the first stores first, then others, no set twice.

    All of them where that is no more than `draws` besides the true one, else so many at random.
    """
    true = tuple(range(treated))
    if math.comb(stores, treated) <= draws + 1:
        chosen = list(combinations(range(stores), treated))
    else:
        generator = np.random.default_rng(seed)
        sets = {true: None}
        while len(sets) <= draws:
            sets[tuple(sorted(generator.choice(stores, treated, replace=False).tolist()))] = None
        chosen = list(sets)
    assignments = np.zeros((len(chosen), stores), dtype=bool)
    np.put_along_axis(assignments, np.array(chosen), True, axis=1)
    return assignments


def fit_weights(before: Floats, assignments: Bools, ridge: Floats | float | None = None, steps: int = STEPS) -> Floats:
    """Convex weights of the other stores by which they were most like the assigned ones: (…, assignments, stores).

    Least squares over the weights that are not negative and add up to 1, by accelerated projected gradient. The ridge
    makes them unique; as the variance of a store's own noise, it also keeps a sum of few stores from following noise.

    Args:
        before: (…, stores, periods).
        assignments: (assignments, stores), true where the campaign is thought to have been.
        ridge: weight of the sum of squares; the stores' own noise where not given.
        steps: of the solver.
    """
    periods = before.shape[-1]
    others = before - before.mean(axis=-2, keepdims=True)  # weights add up to 1: what is common to all falls out
    if ridge is None:
        ridge = np.median((others - others.mean(axis=-1, keepdims=True)).var(axis=-1), axis=-1)
    penalty = np.maximum(np.asarray(ridge, dtype=np.float64), LEAST_RIDGE)[..., None, None]
    targets = assignments @ others / assignments.sum(axis=1, keepdims=True)
    gram = others @ np.swapaxes(others, -1, -2) / periods
    pull = targets @ np.swapaxes(others, -1, -2) / periods
    step = 1 / (np.linalg.eigvalsh(gram)[..., -1][..., None, None] + penalty)
    weights = ahead = np.broadcast_to(~assignments / (~assignments).sum(axis=1, keepdims=True), pull.shape)
    momentum = 1.0
    for _ in range(steps):
        following = _project(ahead - step * (ahead @ gram - pull + penalty * ahead), assignments)
        grown = (1 + math.sqrt(1 + 4 * momentum**2)) / 2
        ahead = following + (momentum - 1) / grown * (following - weights)
        weights, momentum = following, grown
    return np.asarray(weights)


def _project(values: Floats, barred: Bools) -> Floats:
    """The nearest point of the simplex, along the last axis, with 0 where barred."""
    values = np.where(barred, -np.inf, values)
    falling = -np.sort(-values, axis=-1)
    finite = np.where(np.isfinite(falling), falling, 0.0)
    ranks = np.arange(1, values.shape[-1] + 1)
    excess = (np.cumsum(finite, axis=-1) - 1) / ranks
    last = (np.isfinite(falling) & (falling > excess)).sum(axis=-1, keepdims=True) - 1
    return np.maximum(values - np.take_along_axis(excess, last, axis=-1), 0.0)


def find_gaps(before: Floats, after: Floats, assignments: Bools, ridge: float | None = None) -> Gaps:
    """What each assignment would have found; every other store, also one with the campaign, may serve as a donor.

    Args:
        before: (…, stores, periods).
        after: (…, stores), the mean over the window.
        assignments: (assignments, stores), the true one first.
        ridge: as for `fit_weights`.
    """
    contrasts = _contrast(before, assignments, ridge)
    own = assignments[0]
    misfits = np.sqrt(((contrasts @ before) ** 2).mean(axis=-1))
    return Gaps((contrasts @ after[..., None])[..., 0], contrasts[..., own].sum(axis=-1), misfits)


def _contrast(before: Floats, assignments: Bools, ridge: float | None) -> Floats:
    weights = fit_weights(before, assignments, ridge)
    return np.asarray(assignments / assignments.sum(axis=1, keepdims=True) - weights)


def conclude_gaps(found: Gaps, level: float = LEVEL) -> Estimate:
    """The true gap, with all effects that the permutation test does not refuse at 1 - `level`.

    An effect is taken off the true stores' sales, and is refused where it leaves them a gap that no more than a share
    1 - `level` of all assignments reach. With few assignments the level is the best that there is, (n - 1) / n for n of
    them: it stands in the estimate. It holds exactly where every assignment was as likely as the true one.
    """
    effect, others = found.gaps[..., :1], found.gaps[..., 1:]
    slopes = found.slopes[..., 1:]
    with np.errstate(divide="ignore"):
        ends = (effect - others) / (1 - slopes), (effect + others) / (1 + slopes)
    lows, highs = np.minimum(*ends), np.maximum(*ends)
    count = others.shape[-1] + 1
    rank = max(math.floor((1 - level) * count + 1e-9), 1)
    low = np.sort(lows, axis=-1)[..., rank - 1]
    high = -np.sort(-highs, axis=-1)[..., rank - 1]
    return Estimate(effect[..., 0], low, high, 1 - rank / count, np.full(low.shape, np.nan))


def find_detectable_gap(
    before: Floats, after: Floats, assignments: Bools, level: float = LEVEL, power: float = 0.8
) -> float:
    """The smallest effect that the placebo test finds with this chance, planted into sales without one.

    Each assignment is in turn the true one, in each of the windows given. Infinite where no effect is large enough.

    Args:
        before: (windows, stores, periods).
        after: (windows, stores), the mean over the window.
        assignments: (assignments, stores).
        level: of the interval that must lie above 0, or the best that there is.
        power: the chance.
    """
    contrasts = _contrast(before, assignments, None)
    gaps = (contrasts @ after[..., None])[..., 0][:, None, :]
    growth = assignments @ np.swapaxes(
        contrasts, -1, -2
    )  # of the gap of the second, by a unit in the stores of the first
    count = len(assignments)
    rank = max(math.floor((1 - level) * count + 1e-9), 1)

    def find(effect: float) -> float:
        planted = gaps + effect * growth
        own = np.diagonal(planted, axis1=-2, axis2=-1)
        reached = (np.abs(planted) >= np.abs(own)[..., None]).sum(axis=-1)
        return float(np.mean((own > 0) & (reached <= rank)))

    low, high = 0.0, 1.0
    while find(high) < power:
        low, high = high, 2 * high
        if high > LARGEST:
            return math.inf
    while high - low > PRECISION:
        middle = (low + high) / 2
        low, high = (low, middle) if find(middle) >= power else (middle, high)
    return high
