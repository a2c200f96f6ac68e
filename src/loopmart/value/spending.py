"""What customers spend per purchase: the Gamma-Gamma model.

Fader and Hardie, "The Gamma-Gamma Model of Monetary Value" (2013), brucehardie.com/notes/025. Amounts of a customer are
Gamma(p, nu) with nu ~ Gamma(q, v) over customers, independent of how often they buy.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import digamma, gammaln

from loopmart.value.likelihood import Fit, maximise
from loopmart.value.summaries import Floats, Summaries

NAMES = ("p", "q", "v")


def list_spenders(summaries: Summaries) -> tuple[Floats, Floats]:
    """Frequency and average value of those from whom spending is learnt: a repeat purchase and a positive value."""
    known = (summaries.frequency > 0) & (np.nan_to_num(summaries.average_value) > 0)
    return summaries.frequency[known], summaries.average_value[known]


def fit_spending(summaries: Summaries) -> Fit:
    """p, q, v (in currency) of greatest likelihood; a failure, too, where they give spending no mean (q <= 1).

    Amounts are taken in units of their mean, so that every currency has the same starts and bounds.
    """
    x, amounts = list_spenders(summaries)
    unit = float(amounts.mean()) if len(amounts) else 1.0
    average = amounts / unit
    starts = [[p, q, (q - 1) / p] for p, q in ((6.0, 4.0), (2.0, 3.0), (0.5, 6.0))]
    frequencies, counts = np.unique(x, return_counts=True)
    constant = (x * np.log(x)).sum()

    def log_likelihood(logs: Floats) -> tuple[float, Floats]:
        """Equation (1a) of the note; what depends on the frequency alone is worked out once per frequency."""
        p, q, v = parameters = np.exp(logs)
        shape, log_total = p * x, np.log(v + x * average)
        logs_by_frequency = gammaln(p * frequencies + q) - gammaln(p * frequencies) - gammaln(q) + q * np.log(v)
        logs_by_customer = (shape - 1) * np.log(average) - (shape + q) * log_total
        by_p = counts @ (frequencies * (digamma(p * frequencies + q) - digamma(p * frequencies)))
        by_q = counts @ (digamma(p * frequencies + q) - digamma(q) + np.log(v))
        slopes = np.array([
            by_p + constant + (x * (np.log(average) - log_total)).sum(),
            by_q - log_total.sum(),
            (q / v - (shape + q) / (v + x * average)).sum(),
        ])  # fmt: skip
        return float(counts @ logs_by_frequency + p * constant + logs_by_customer.sum()), slopes * parameters

    fit = maximise(log_likelihood, starts, NAMES)
    in_currency = replace(
        fit,
        parameters=fit.parameters * [1, 1, unit],
        log_likelihood=fit.log_likelihood - len(x) * float(np.log(unit)),
    )
    if not fit.failure and fit.parameters[1] <= 1:
        return replace(in_currency, failure="spending varies too widely to have a mean (q <= 1)")
    return in_currency


def expect_average(parameters: Floats, summaries: Summaries) -> Floats:
    """Expected value of each customer's purchases to come, in currency; equation (5) of the note, for q > 1.

    Without a repeat purchase it is the mean of all.
    """
    p, q, v = parameters
    x = summaries.frequency
    return np.asarray(p * (v + x * np.nan_to_num(summaries.average_value)) / (p * x + q - 1))


def correlate(summaries: Summaries) -> float:
    """Correlation of frequency and average value, which the model takes as 0; NaN where one of them does not vary."""
    x, average = list_spenders(summaries)
    if len(x) < 2 or not x.std() or not average.std():
        return float("nan")
    return float(np.corrcoef(x, average)[0, 1])
