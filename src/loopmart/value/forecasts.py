"""What each customer will buy and spend within a horizon: an expectation and an interval around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loopmart.value.likelihood import Fit
from loopmart.value.purchasing import chance_alive, expect_purchases
from loopmart.value.spending import expect_average
from loopmart.value.summaries import Floats, Summaries

DRAWS = 500
SEED = 20050510
LEVELS = (0.1, 0.9)  # the interval holds 8 of 10 outcomes
CELLS = 500_000  # customers x draws held in memory at a time


@dataclass(frozen=True)
class Forecast:
    """One entry per customer.

    Attributes:
        purchases: expected.
        alive: probability that the customer will buy again at all.
        average_value: expected value of a purchase, currency.
        amount: expected net sales, currency: purchases times average value.
        low, high: 10th and 90th percentile of net sales, widened to the expectation where that lies outside (many
            customers buy nothing, few buy much).
        coverage: share of the simulated outcomes within low and high; above 0.8 where "nothing" alone has more weight
            than a tenth.
        totals: simulated purchases and net sales of all customers together; 2 x DRAWS.
    """

    purchases: Floats
    alive: Floats
    average_value: Floats
    amount: Floats
    low: Floats
    high: Floats
    coverage: Floats
    totals: Floats


def forecast(purchasing: Fit, spending: Fit, summaries: Summaries, horizon: float) -> Forecast:
    """Expectation and interval for the `horizon` units of time after the observation.

    The expectation is that of the models at their parameters. The interval is that of a customer's own outcome, and
    takes in all that is not known: the parameters (normal in their logarithms), the customer's rate, propensity to
    leave and level of spending given what is known of the customer, and the chance of each purchase and amount. It is
    simulated with a fixed seed.
    """
    purchases = expect_purchases(purchasing.parameters, summaries, horizon)
    average = expect_average(spending.parameters, summaries)
    amount = purchases * average
    low, high, coverage = np.empty_like(amount), np.empty_like(amount), np.empty_like(amount)
    totals = np.zeros((2, DRAWS))
    generator = np.random.default_rng(SEED)
    drawn = [_draw_parameters(fit, generator) for fit in (purchasing, spending)]
    width = max(CELLS // DRAWS, 1)
    for first in range(0, len(summaries), width):
        part = slice(first, first + width)
        count, outcomes = _simulate(drawn[0], drawn[1], summaries[part], horizon, generator)
        totals += [count.sum(axis=0), outcomes.sum(axis=0)]
        bounds = np.quantile(outcomes, LEVELS, axis=1)
        low[part] = np.minimum(bounds[0], amount[part])
        high[part] = np.maximum(bounds[1], amount[part])
        inside = (outcomes >= low[part, None]) & (outcomes <= high[part, None])
        coverage[part] = inside.mean(axis=1)
    alive = chance_alive(purchasing.parameters, summaries.frequency, summaries.recency, summaries.tenure)
    return Forecast(purchases, alive, average, amount, low, high, coverage, totals)


def _draw_parameters(fit: Fit, generator: np.random.Generator) -> Floats:
    """DRAWS sets of parameters, one column each."""
    root = np.linalg.cholesky(fit.covariance)
    normal = generator.standard_normal((len(fit.parameters), DRAWS))
    return np.asarray(fit.parameters[:, None] * np.exp(root @ normal))


def _simulate(
    purchasing: Floats, spending: Floats, summaries: Summaries, horizon: float, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """Purchases and net sales within the horizon, each customers x DRAWS.

    Given that a customer is alive, the rate is Gamma(r + x, alpha + T) and p is Beta(a, b + x); purchases are those of
    a Poisson process, cut off at the first after which the customer leaves. nu is Gamma(q + p x, v + x z).
    """
    r, alpha, a, b = purchasing
    shape, q, v = spending
    x, recency, tenure = (each[:, None] for each in (summaries.frequency, summaries.recency, summaries.tenure))
    average = np.nan_to_num(summaries.average_value)[:, None]
    size = (len(summaries), DRAWS)
    alive = generator.random(size) < chance_alive(purchasing, x, recency, tenure)
    bought = generator.poisson(horizon * generator.standard_gamma(r + x, size) / (alpha + tenure))
    with np.errstate(divide="ignore", over="ignore"):
        leaving = generator.beta(a, b + x, size)
        last = 1 + np.floor(-generator.standard_exponential(size) / np.log1p(-leaving))
    count = np.where(alive, np.minimum(bought, last), 0)
    nu = generator.standard_gamma(q + shape * x, size) / (v + x * average)
    return count, generator.standard_gamma(shape * count) / nu
