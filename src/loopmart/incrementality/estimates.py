"""Differences of means between two arms, with intervals: Welch's, and the same after CUPED.

Sources: B. L. Welch, Biometrika 34 (1947) 28-35; A. Deng, Y. Xu, R. Kohavi, T. Walker, "Improving the Sensitivity of
Online Controlled Experiments by Utilizing Pre-Experiment Data", WSDM 2013; A. Fabijan et al., "Diagnosing Sample Ratio
Mismatch in Online Controlled Experiments", KDD 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import localcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
LEVEL = 0.95  # of every interval that can have it


@dataclass(frozen=True)
class Arm:
    """Members of one arm: how many, and mean, sample variance and covariance of y (in the window) and x (before it).

    Each may be an array, one element an experiment. A member without an order counts with 0.
    """

    count: Floats
    mean: Floats
    variance: Floats
    mean_before: Floats
    variance_before: Floats
    covariance: Floats


@dataclass(frozen=True)
class Estimate:
    """An effect with its interval, in the unit of what was compared; each may be an array.

    Attributes:
        effect: mean with the campaign less mean without.
        low: lower end of the interval.
        high: upper end.
        level: share of such intervals that cover the effect.
        standard_error: of the effect; nan where the interval does not rest on one.
    """

    effect: Floats
    low: Floats
    high: Floats
    level: float
    standard_error: Floats


def describe_values(values: Floats, before: Floats) -> Arm:
    """The arm of values (…, members) and of the same members' values before."""
    size = values.shape[-1]
    mean, mean_before = values.mean(axis=-1), before.mean(axis=-1)
    spread, spread_before = values - mean[..., None], before - mean_before[..., None]
    freedom = max(size - 1, 1)
    return Arm(
        np.full(mean.shape, float(size)),
        mean,
        (spread**2).sum(axis=-1) / freedom,
        mean_before,
        (spread_before**2).sum(axis=-1) / freedom,
        (spread * spread_before).sum(axis=-1) / freedom,
    )


def describe_sums(count: Any, y: Any, yy: Any, x: Any, xx: Any, xy: Any) -> Arm:
    """The arm of sums, sums of squares and the sum of products: decimals, worked out exactly, or arrays of floats."""
    with localcontext(prec=80):
        pairs = np.maximum(count * (count - 1), 1)
        moments = (
            y / np.maximum(count, 1),
            (count * yy - y * y) / pairs,
            x / np.maximum(count, 1),
            (count * xx - x * x) / pairs,
            (count * xy - x * y) / pairs,
        )
    return Arm(np.asarray(count, dtype=np.float64), *(np.asarray(moment, dtype=np.float64) for moment in moments))


def compare_means(treated: Arm, control: Arm, level: float = LEVEL) -> Estimate:
    """Difference of the means with Welch's interval: t quantile, degrees of freedom by Welch and Satterthwaite.

    Both arms need two members. Where no member differs from another, the interval is the effect alone.
    """
    effect = treated.mean - control.mean
    shares = treated.variance / treated.count, control.variance / control.count
    squared = shares[0] + shares[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = squared**2 / (shares[0] ** 2 / (treated.count - 1) + shares[1] ** 2 / (control.count - 1))
    error = np.sqrt(squared)
    reach = error * stats.t.ppf(0.5 + level / 2, np.where(squared > 0, freedom, 1.0))
    return Estimate(effect, effect - reach, effect + reach, level, error)


def adjust_arms(treated: Arm, control: Arm) -> tuple[Arm, Arm]:
    """CUPED: the arms of y - theta (x - mean of x over both), whose means differ by the same effect with less noise.

    theta is the slope of y on x within the arms. It takes nothing off where x is the same for all.
    """
    freedom = treated.count - 1, control.count - 1
    covariance = freedom[0] * treated.covariance + freedom[1] * control.covariance
    variance = freedom[0] * treated.variance_before + freedom[1] * control.variance_before
    theta = np.where(variance > 0, covariance / np.where(variance > 0, variance, 1.0), 0.0)
    size = treated.count + control.count
    centre = (treated.count * treated.mean_before + control.count * control.mean_before) / size
    return _adjust(treated, theta, centre), _adjust(control, theta, centre)


def _adjust(arm: Arm, theta: Floats, centre: Floats) -> Arm:
    variance = arm.variance - 2 * theta * arm.covariance + theta**2 * arm.variance_before
    return Arm(
        arm.count,
        arm.mean - theta * (arm.mean_before - centre),
        np.maximum(variance, 0.0),
        arm.mean_before,
        arm.variance_before,
        arm.covariance - theta * arm.variance_before,
    )


def compare_before(treated: Arm, control: Arm, level: float = LEVEL) -> Estimate:
    """The difference of the means before the campaign: arms drawn at random have none but chance."""
    return compare_means(_take_before(treated), _take_before(control), level)


def _take_before(arm: Arm) -> Arm:
    mean, variance = arm.mean_before, arm.variance_before
    return Arm(arm.count, mean, variance, mean, variance, variance)


def check_sample_ratio(treated: Any, control: Any, treated_share: Any) -> Floats:
    """p value (chi-square, one degree of freedom) of arms of these sizes, were members drawn with the planned share."""
    size = np.asarray(treated, dtype=np.float64) + control
    expected = size * treated_share
    statistic = (treated - expected) ** 2 / expected + (treated - expected) ** 2 / (size - expected)
    return np.asarray(stats.chi2.sf(statistic, 1), dtype=np.float64)
