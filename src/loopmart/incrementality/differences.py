"""Pre/post with controls (difference in differences) on stores: the weakest of the methods.

It takes for granted that both groups of stores would have changed alike. A store is one observation, its change from
before to after, so that days that resemble each other are not taken for evidence.

Source: S. G. Donald, K. Lang, "Inference with Difference-in-Differences and Other Panel Data", Review of Economics and
Statistics 89 (2007) 221-233.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from loopmart.incrementality.estimates import LEVEL, Estimate, Floats


def compare_changes(changes: Floats, is_treated: NDArray[np.bool_], level: float = LEVEL) -> Estimate:
    """Mean change of the treated stores less that of the others, with the t interval of equal variances.

    Args:
        changes: (…, stores), after less before.
        is_treated: (stores,) or (…, stores); at least one is, and two are not.
        level: of the interval.
    """
    treated = np.broadcast_to(is_treated, changes.shape)
    sizes = treated.sum(axis=-1), (~treated).sum(axis=-1)
    means = [np.where(arm, changes, 0).sum(axis=-1) / arm.sum(axis=-1) for arm in (treated, ~treated)]
    spread = np.where(treated, changes - means[0][..., None], changes - means[1][..., None])
    freedom = sizes[0] + sizes[1] - 2
    error = np.sqrt((spread**2).sum(axis=-1) / freedom * (1 / sizes[0] + 1 / sizes[1]))
    effect = means[0] - means[1]
    reach = error * stats.t.ppf(0.5 + level / 2, freedom)
    return Estimate(effect, effect - reach, effect + reach, level, error)
