"""What a channel's campaigns returned, as a concave curve of what they cost, with its uncertainty.

The curve is response = scale * spend ** elasticity with scale >= 0 and 0 < elasticity < 1: each further yuan returns
less than the one before (constant elasticity; D. M. Hanssens, L. J. Parsons, R. L. Schultz, "Market Response Models",
2nd ed. 2001, chapter 3). It is fitted by least squares, the scale exactly for each elasticity of a grid. Its intervals
come from a wild bootstrap, which holds where campaigns that cost more also scatter more: residuals keep their place,
are scaled by 1 / (1 - leverage) and change sign at random (R. Davidson, E. Flachaire, "The wild bootstrap, tamed at
last", Journal of Econometrics 146 (2008) 162-169). They are widened by Student's quantile over the normal one, for
campaigns are few.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

ELASTICITIES: Floats = np.arange(5, 100) / 100
REPETITIONS = 999
CONFIDENCE = 0.95
SEED = 20_170_101
PARAMETERS = 2
_MOST_LEVERAGE = 0.9  # a campaign that alone holds up its end of the curve would scale its residual without end


@dataclass(frozen=True)
class Curve:
    """A fitted curve and its repetitions; spend and response in the same money.

    Attributes:
        scale: response to the highest spend.
        elasticity: per cent by which the response grows with one per cent of spend.
        highest: the highest spend that was ever seen; nothing is known beyond.
        campaign_count: campaigns that it rests on.
        scales, elasticities: of the repetitions, shape (REPETITIONS,).
    """

    scale: float
    elasticity: float
    highest: float
    campaign_count: int
    scales: Floats
    elasticities: Floats

    def respond(self, spend: Floats) -> Floats:
        """Response to each spend > 0, shape (points,)."""
        return _respond(spend / self.highest, self.scale, self.elasticity)

    def differentiate(self, spend: Floats) -> Floats:
        """What one further yuan returns at each spend > 0, shape (points,)."""
        return _differentiate(spend / self.highest, self.scale, self.elasticity) / self.highest

    def bound_response(self, spend: Floats) -> tuple[Floats, Floats]:
        """Ends of the interval of the response at each spend > 0, each of shape (points,)."""
        repeated = _respond((spend / self.highest)[:, np.newaxis], self.scales, self.elasticities)
        return self._bound(self.respond(spend), repeated)

    def bound_derivative(self, spend: Floats) -> tuple[Floats, Floats]:
        """Ends of the interval of what one further yuan returns at each spend > 0, each of shape (points,)."""
        repeated = _differentiate((spend / self.highest)[:, np.newaxis], self.scales, self.elasticities)
        return self._bound(self.differentiate(spend), repeated / self.highest)

    def find_spend(self, derivative: float) -> float:
        """The spend, no higher than was ever seen, from which on one further yuan returns less than this (> 0)."""
        at_highest = self.scale * self.elasticity / self.highest
        share: float = min(at_highest / derivative, 1.0) ** (1 / (1 - self.elasticity))
        return self.highest * share

    def _bound(self, fitted: Floats, repeated: Floats) -> tuple[Floats, Floats]:
        tail = (1 + CONFIDENCE) / 2
        widening = stats.t.ppf(tail, self.campaign_count - PARAMETERS) / stats.norm.ppf(tail)
        low, high = np.quantile(repeated, [1 - tail, tail], axis=1)
        return np.maximum(fitted + widening * (low - fitted), 0), fitted + widening * (high - fitted)


def fit_curve(spend: Floats, response: Floats, *, seed: int = SEED) -> Curve:
    """Fit the curve to campaigns, at least three, of at least two different spends.

    Args:
        spend: what each campaign cost, > 0, shape (campaigns,).
        response: what each returned, which may be negative, shape (campaigns,).
        seed: of the bootstrap; the same campaigns in the same order give the same curve.
    """
    highest = float(spend.max())
    shares = spend / highest
    (scale,), (elasticity,) = _fit(shares, response[np.newaxis])
    fitted = _respond(shares, scale, elasticity)
    residuals = (response - fitted) / (1 - _measure_leverage(shares, elasticity))
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(REPETITIONS, len(spend)))
    repeated = _fit(shares, fitted + residuals * signs)
    return Curve(float(scale), float(elasticity), highest, len(spend), *repeated)


def _fit(shares: Floats, responses: Floats) -> tuple[Floats, Floats]:
    """Scale and elasticity of least squares for each row of responses: shapes (rows,)."""
    powers = shares ** ELASTICITIES[:, np.newaxis]
    norms = np.einsum("ij,ij->i", powers, powers)
    products = np.maximum(responses @ powers.T, 0)
    best = np.argmax(products**2 / norms, axis=1)
    return products[np.arange(len(responses)), best] / norms[best], ELASTICITIES[best]


def _measure_leverage(shares: Floats, elasticity: float) -> Floats:
    """How far each campaign pulls the curve to itself, from the curve's derivatives by scale and by elasticity."""
    powers = shares**elasticity
    basis, _ = np.linalg.qr(np.column_stack([powers, powers * np.log(shares)]))
    leverage: Floats = np.minimum(np.einsum("ij,ij->i", basis, basis), _MOST_LEVERAGE)
    return leverage


def _respond(shares: Floats, scale: float | Floats, elasticity: float | Floats) -> Floats:
    response: Floats = scale * shares**elasticity
    return response


def _differentiate(shares: Floats, scale: float | Floats, elasticity: float | Floats) -> Floats:
    derivative: Floats = scale * elasticity * shares ** (elasticity - 1)
    return derivative
