"""Maximum likelihood over positive parameters: several starts, a check that they met, and how sure the answer is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from loopmart.value.summaries import Floats

LOG_BOUND = 12.0  # parameters outside [6e-6, 163,000] say that the data do not contain them
MEET_WITHIN = 1e-2  # log-likelihood by which the second-best start may fall short of the best
GAIN_LEFT = 1e-8  # log-likelihood that another Newton step may still promise

LogLikelihood = Callable[[Floats], tuple[float, Floats]]


@dataclass(frozen=True)
class Fit:
    """Parameters that maximise a likelihood.

    Attributes:
        parameters: in the model's order.
        log_likelihood: at the parameters.
        covariance: of the logarithms of the parameters, from the observed information; NaN where that is not positive
            definite.
        failure: why the parameters are not to be used; empty when they are.
    """

    parameters: Floats
    log_likelihood: float
    covariance: Floats
    failure: str = ""


def maximise(log_likelihood: LogLikelihood, starts: list[list[float]], names: tuple[str, ...]) -> Fit:
    """Maximise from each start and keep the best answer.

    Args:
        log_likelihood: of the logarithms of the parameters; returns value and gradient.
        starts: parameters to start from, two or more.
        names: of the parameters, for the failure's text.
    """

    def cost(logs: Floats) -> tuple[float, Floats]:
        value, gradient = log_likelihood(logs)
        return -value, -gradient

    bounds = [(-LOG_BOUND, LOG_BOUND)] * len(names)
    options = {"maxiter": 500, "ftol": 1e-13, "gtol": 1e-6}
    found = [
        optimize.minimize(cost, np.log(start), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        for start in starts
    ]
    found.sort(key=lambda answer: float(answer.fun) if np.isfinite(answer.fun) else np.inf)
    logs = _polish(cost, found[0].x)
    value, gradient = cost(logs)
    covariance = _invert(_differentiate(cost, logs))
    at_bound = [name for name, log in zip(names, logs, strict=True) if abs(log) > LOG_BOUND - 1e-3]
    failure = ""
    if at_bound:
        failure = f"the data do not determine {' and '.join(at_bound)}"
    elif not np.isfinite(covariance).all():
        failure = "the likelihood has no clear maximum"
    elif gradient @ covariance @ gradient / 2 > GAIN_LEFT:
        failure = "the search for the maximum did not end"
    elif not found[1].fun - found[0].fun < MEET_WITHIN:
        failure = "different starts lead to different answers"
    return Fit(np.exp(logs), -value, covariance, failure)


def _polish(cost: LogLikelihood, logs: Floats) -> Floats:
    """A few Newton steps, for digits that do not depend on the start."""
    for _ in range(5):
        step = logs - _invert(_differentiate(cost, logs)) @ cost(logs)[1]
        if not np.isfinite(step).all() or np.abs(step).max() > LOG_BOUND or not cost(step)[0] <= cost(logs)[0]:
            break
        logs = step
    return logs


def _differentiate(cost: LogLikelihood, logs: Floats) -> Floats:
    """Second derivatives, by central differences of the gradient."""
    width = 1e-5
    columns = []
    for i in range(len(logs)):
        shift = np.zeros_like(logs)
        shift[i] = width
        columns.append((cost(logs + shift)[1] - cost(logs - shift)[1]) / (2 * width))
    information = np.array(columns)
    return (information + information.T) / 2


def _invert(information: Floats) -> Floats:
    """The inverse of a positive definite matrix; NaN for any other."""
    try:
        np.linalg.cholesky(information)
        return np.asarray(np.linalg.inv(information), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.full_like(information, np.nan)
