"""How often customers buy: the BG/NBD model.

Fader, Hardie and Lee, ""Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model", Marketing
Science 24 (2005). While a customer is alive, purchases come at random with rate lambda ~ Gamma(r, alpha); after each
one the customer leaves for good with probability p ~ Beta(a, b).
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import betainc, betaln, digamma, expit, gammaln

from loopmart.value.likelihood import Fit, maximise
from loopmart.value.summaries import Floats, Summaries

NAMES = ("r", "alpha", "a", "b")
NODES = 48  # of the quadrature over p


def fit_purchases(summaries: Summaries) -> Fit:
    """r, alpha (in units of time), a, b of greatest likelihood."""
    rate = max(summaries.frequency.sum(), 1.0) / max(summaries.tenure.sum(), 1.0)
    starts = [[r, r / rate, a, b] for r, a, b in ((0.3, 0.8, 2.5), (1.0, 1.0, 10.0), (3.0, 0.3, 5.0))]
    frequencies, counts = np.unique(summaries.frequency, return_counts=True)

    def log_likelihood(logs: Floats) -> tuple[float, Floats]:
        """Equation (6) of the paper.

        The sum of two powers is taken in logarithms, so that no frequency overflows; what depends on the frequency
        alone is worked out once per frequency.
        """
        r, alpha, a, b = parameters = np.exp(logs)
        x, before = summaries.frequency, np.maximum(b + summaries.frequency - 1, b)
        log_tenure, log_recency = np.log(alpha + summaries.tenure), np.log(alpha + summaries.recency)
        alive = -(r + x) * log_tenure
        gone = np.where(x > 0, np.log(a / before) - (r + x) * log_recency, -np.inf)
        total = np.logaddexp(alive, gone)
        left = np.exp(gone - total)
        logs_by_frequency = (
            gammaln(r + frequencies) - gammaln(r) + r * np.log(alpha)
            + gammaln(a + b) - gammaln(a + b + frequencies) + gammaln(b + frequencies) - gammaln(b)
        )  # fmt: skip
        by_r = counts @ (digamma(r + frequencies) - digamma(r) + np.log(alpha))
        by_a = counts @ (digamma(a + b) - digamma(a + b + frequencies))
        by_b = by_a + counts @ (digamma(b + frequencies) - digamma(b))
        slopes = np.array([
            by_r - ((1 - left) * log_tenure + left * log_recency).sum(),
            (r / alpha - (r + x) * ((1 - left) * np.exp(-log_tenure) + left * np.exp(-log_recency))).sum(),
            by_a + left.sum() / a,
            by_b - (left / before).sum(),
        ])  # fmt: skip
        return float(counts @ logs_by_frequency + total.sum()), slopes * parameters

    return maximise(log_likelihood, starts, NAMES)


def chance_alive(parameters: Floats, frequency: Floats, recency: Floats, tenure: Floats) -> Floats:
    """Probability that a customer is still alive at the end of the observation.

    1 without a repeat purchase, for the model counts who leaves from the first repeat purchase on. Fader, Hardie and
    Lee, "Computing P(alive) Using the BG/NBD Model" (2008), brucehardie.com/notes/021. All arguments broadcast.
    """
    r, alpha, a, b = parameters
    odds = np.log(a / np.maximum(b + frequency - 1, b)) + (r + frequency) * np.log((alpha + tenure) / (alpha + recency))
    return np.where(frequency > 0, expit(-odds), 1.0)


def expect_purchases(parameters: Floats, summaries: Summaries, horizon: float) -> Floats:
    """Purchases that each customer is expected to make within `horizon` units after the observation.

    Equation (10) of the paper. Its 2F1 overflows for frequent customers and it divides by a - 1, so the same
    expectation is taken over p: given p, an alive customer with a rate that is still Gamma makes
    (1 - (1 + p t / (alpha + T))^-(r + x)) / p purchases; p ~ Beta(a, b + x) is averaged by Gauss-Jacobi quadrature.
    """
    r, alpha, a, b = parameters
    frequencies, group = np.unique(summaries.frequency, return_inverse=True)
    alive = np.empty(len(summaries))
    for number, x in enumerate(frequencies):
        members = group == number
        p, weights = _beta_nodes(a, b + x)
        growth = np.log1p(np.outer(horizon / (alpha + summaries.tenure[members]), p))
        alive[members] = (-np.expm1(-(r + x) * growth) / p) @ weights
    return alive * chance_alive(parameters, summaries.frequency, summaries.recency, summaries.tenure)


def count_frequencies(parameters: Floats, tenure: Floats, highest: int) -> Floats:
    """Customers expected with 0, 1, …, `highest` - 1 and with `highest` or more repeat purchases in their tenure.

    Equation (8) of the paper; its finite sum is a negative binomial distribution, that is an incomplete beta function.
    """
    r, alpha, a, b = parameters
    tenures, counts = np.unique(tenure, return_counts=True)
    share = tenures / (alpha + tenures)
    expected = []
    for x in range(highest):
        logs = betaln(a, b + x) - betaln(a, b) + gammaln(r + x) - gammaln(r) - gammaln(x + 1)
        chance = np.exp(logs - r * np.log1p(tenures / alpha)) * share**x
        if x:
            chance = chance + np.exp(betaln(a + 1, b + x - 1) - betaln(a, b)) * betainc(x, r, share)
        expected.append(float(counts @ chance))
    return np.array([*expected, len(tenure) - sum(expected)])


def _beta_nodes(a: float, b: float) -> tuple[Floats, Floats]:
    """Nodes and weights that average a function over Beta(a, b).

    Golub and Welsch, "Calculation of Gauss quadrature rules" (1969): eigenvalues of the Jacobi polynomials' recurrence.
    The weights of a distribution sum to 1, so none overflows however large b is.
    """
    n = np.arange(1.0, NODES)
    left, right = b - 1, a - 1
    both = 2 * n + left + right
    diagonal = (right**2 - left**2) / (both * (both + 2))
    square = 4 * n * (n + left) * (n + right) * (n + left + right) / (both**2 * (both + 1) * (both - 1))
    square[0] = 4 * a * b / ((a + b) ** 2 * (a + b + 1))
    values, vectors = eigh_tridiagonal(np.r_[(right - left) / (a + b), diagonal], np.sqrt(square))
    return np.maximum((values + 1) / 2, 1e-18), vectors[0] ** 2
