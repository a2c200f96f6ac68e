"""Members and stores whose lift is planted, and published data whose effect is known."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pandas as pd

from loopmart.incrementality.estimates import Arm, Floats, describe_values

MEAN_SALES = 0.75 * float(np.exp(3.0 + 0.8**2 / 2))
"""Expected sales of a simulated member: that of (1 - exp(-t)) t is 3/4 for an exponential t, times the amount's."""


def locate_data(package: str, name: str) -> Path:
    """A data file of a package whose code is not imported."""
    return Path(str(distribution(package).locate_file(f"{package}/{name}")))


def simulate_members(repetitions: int, members: int, seed: int) -> tuple[Floats, Floats]:
    """Sales in the window and before it, (repetitions, members): half are 0, the rest heavy-tailed, tastes persist."""
    generator = np.random.default_rng(seed)
    taste = generator.exponential(1.0, (repetitions, members))

    def sell() -> Floats:
        buys = generator.random(taste.shape) < 1 - np.exp(-taste)
        return np.where(buys, generator.lognormal(3.0, 0.8, taste.shape) * taste, 0.0)

    return sell(), sell()


def split_members(sales: Floats, before: Floats, treated: int, factor: float) -> tuple[Arm, Arm]:
    """The first members with the campaign, which multiplies what they buy, and the others."""
    return (
        describe_values(sales[..., :treated] * factor, before[..., :treated]),
        describe_values(sales[..., treated:], before[..., treated:]),
    )


def simulate_stores(repetitions: int, stores: int, weeks: int, seed: int) -> tuple[Floats, Floats]:
    """Weekly sales before and mean sales after, in each store's own mean before; stores load on common seasons."""
    generator = np.random.default_rng(seed)
    seasons = np.cumsum(generator.normal(0, 0.5, (repetitions, 3, weeks + 1)), axis=-1)
    loads = generator.normal(0.05, 0.05, (repetitions, stores, 3))
    noise = generator.normal(0, 0.06, (repetitions, stores, weeks + 1)) * generator.gamma(
        4.0, 0.25, (repetitions, stores, 1)
    )
    sales = np.exp(loads @ seasons + noise)
    indexed = sales / sales[..., :weeks].mean(axis=-1, keepdims=True)
    return indexed[..., :weeks], indexed[..., weeks]


def load_lalonde(package: str) -> pd.DataFrame:
    """Earnings of trainees and others, with `treat`, `before` (1974 and 1975) and `re78`.

    `causaldata` has the experiment itself (R. Dehejia, S. Wahba, JASA 94 (1999) 1053-1062), `causalpy` its trainees
    beside people of a survey (R. LaLonde, American Economic Review 76 (1986) 604-620).
    """
    people = (
        pd.read_stata(locate_data(package, "nsw_mixtape/nsw_mixtape.dta"))
        if package == "causaldata"
        else pd.read_csv(locate_data(package, "data/lalonde.csv"))
    )
    return people.assign(before=people["re74"] + people["re75"])


def load_california() -> tuple[Floats, Floats]:
    """Cigarette packs a head and year up to 1988, and their mean from 1989 on, when Proposition 99 held in California.

    The states are rows, California the first.
    """
    packs = pd.read_csv(locate_data("causalpy", "data/california_prop99.csv"), index_col="Year").T
    ordered = pd.concat([packs.loc[["California"]], packs.drop("California")])
    return ordered.loc[:, :1988].to_numpy(), ordered.loc[:, 1989:].mean(axis=1).to_numpy()
