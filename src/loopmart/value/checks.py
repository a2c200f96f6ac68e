"""Whether the models describe these customers: fitted without the last quarter, they must tell it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loopmart.value import purchasing, spending
from loopmart.value.forecasts import forecast
from loopmart.value.likelihood import Fit
from loopmart.value.summaries import Days, Summaries, count_after, summarise

UNIT_DAYS = 7.0  # the papers count in weeks; no result depends on it
ENOUGH_DAYS = 182  # a year ahead from less than half a year behind would be guessed
ENOUGH_CUSTOMERS = 100  # with a repeat purchase before the hold-out; 7 parameters are learnt from them
RATIO = (0.8, 1.25)  # predicted over actual, in the hold-out: the published CDNOW fit has 0.88
CHANCE = (0.99, 0.01)  # levels of the simulated totals: further than these, chance alone does not carry them
DISTANCE = 0.1  # share of customers that would have to buy another number of times, beyond what chance makes
COVERAGE = 0.1  # by which the intervals may hold more or fewer actual amounts than they say
SAMPLE = 10_000  # customers whose intervals are tried
CLASSES = (0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 75, 100)  # lower ends, of repeat purchases

NAMES = {"purchasing": purchasing.NAMES, "spending": spending.NAMES}
FITS, DOES_NOT_FIT, NOT_ENOUGH_DATA = "fits", "does not fit", "not enough data"


@dataclass(frozen=True)
class Check:
    """A measure of the fit: what was seen, what the models expect, within which limits it has to lie; None is none."""

    measure: str
    observed: float
    expected: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether it lies within its limits; None without a limit."""
        if self.low is None and self.high is None:
            return None
        return (self.low is None or self.observed >= self.low) and (self.high is None or self.observed <= self.high)

    def complain(self) -> str:
        """The breach in words: `history days 60 (at least 182)`."""
        low = [] if self.low is None else [f"at least {self.low:.4g}"]
        high = [] if self.high is None else [f"at most {self.high:.4g}"]
        return f"{self.measure.replace('_', ' ')} {self.observed:.4g} ({', '.join(low + high)})"


@dataclass(frozen=True)
class Assessment:
    """The models, fitted to all days, and what speaks for and against them.

        Attributes:
            fits: `purchasing` and `spending`; none where there is not enough data.
            checks: in the order in which one reads them.
            verdict: NAMES = {"purchasing": purchasing.NAMES, "spending": spending.NAMES}
    FITS, DOES_NOT_FIT or NOT_ENOUGH_DATA.
            reason: why it does not fit or what is lacking; empty where it fits.
    """

    fits: dict[str, Fit]
    checks: list[Check]
    verdict: str
    reason: str


def assess(days: Days, as_of: int) -> Assessment:
    """Fit both models to all days up to `as_of`, and try them on the last quarter of the days.

    For the trial they are fitted to the first three quarters. Purchases and net sales of the hold-out, the intervals
    and the number of customers by repeat purchases are compared with what the models say.
    """
    history = as_of - int(days.days.min(initial=as_of + 1)) + 1
    holdout = history // 4
    calibration = summarise(days, as_of - holdout, UNIT_DAYS)
    everyone = summarise(days, as_of, UNIT_DAYS)
    checks = [
        Check("member_count", len(everyone)),
        Check("history_days", history, low=ENOUGH_DAYS),
        Check("repeat_members_before_holdout", len(spending.list_spenders(calibration)[0]), low=ENOUGH_CUSTOMERS),
    ]
    if lacking := _list_breaches(checks):
        return Assessment({}, checks, NOT_ENOUGH_DATA, "; ".join(lacking))
    trial, fits = _fit(calibration), _fit(everyone)
    for model, fit in fits.items():
        checks.extend(
            Check(f"{model}_{name}", float(value)) for name, value in zip(NAMES[model], fit.parameters, strict=True)
        )
        checks.append(Check(f"{model}_log_likelihood", fit.log_likelihood))
    checks.append(Check("frequency_value_correlation", spending.correlate(everyone)))
    failures = [f"{model}: {fit.failure}" for model, fit in fits.items() if fit.failure]
    failures += [f"{model} before the hold-out: {fit.failure}" for model, fit in trial.items() if fit.failure]
    if not failures:
        checks.extend(_compare_frequencies(fits["purchasing"], everyone))
        checks.extend(_compare_holdout(trial, calibration, days, as_of - holdout, holdout))
        failures = _list_breaches(checks)
    return Assessment(fits, checks, DOES_NOT_FIT if failures else FITS, "; ".join(failures))


def _fit(summaries: Summaries) -> dict[str, Fit]:
    return {"purchasing": purchasing.fit_purchases(summaries), "spending": spending.fit_spending(summaries)}


def _list_breaches(checks: list[Check]) -> list[str]:
    return [check.complain() for check in checks if check.is_met is False]


def _compare_frequencies(fit: Fit, summaries: Summaries) -> list[Check]:
    """Customers by repeat purchases, seen and expected, and the share that would have to change its class."""
    expected = purchasing.count_frequencies(fit.parameters, summaries.tenure, CLASSES[-1])
    seen = np.bincount(np.minimum(summaries.frequency, CLASSES[-1]).astype(np.int64), minlength=CLASSES[-1] + 1)
    observed_sums, expected_sums = np.add.reduceat(seen, CLASSES), np.add.reduceat(expected, CLASSES)
    checks = [
        Check(f"members_with_{_name_class(number)}_repeats", float(observed), float(expected))
        for number, (observed, expected) in enumerate(zip(observed_sums, expected_sums, strict=True))
    ]
    size = len(summaries)
    distance = float(np.abs(observed_sums - expected_sums).sum() / 2 / size)
    by_chance = float(np.sqrt(2 / np.pi * expected_sums * (1 - expected_sums / size)).sum() / 2 / size)
    return [*checks, Check("frequency_distance", distance, by_chance, high=by_chance + DISTANCE)]


def _name_class(number: int) -> str:
    low = CLASSES[number]
    if number + 1 == len(CLASSES):
        return f"{low}_or_more"
    high = CLASSES[number + 1] - 1
    return f"{low}" if low == high else f"{low}_to_{high}"


def _compare_holdout(fits: dict[str, Fit], summaries: Summaries, days: Days, as_of: int, holdout: int) -> list[Check]:
    """Purchases, net sales and intervals of the days after `as_of`.

    The limits of a total are those of RATIO, or wider where chance alone could carry the total further.
    """
    horizon = holdout / UNIT_DAYS
    expected = purchasing.expect_purchases(fits["purchasing"].parameters, summaries, horizon)
    amounts = expected * spending.expect_average(fits["spending"].parameters, summaries)
    bought, spent = count_after(days, as_of, summaries.customer_ids)
    step = -(-len(summaries) // SAMPLE)
    tried = forecast(fits["purchasing"], fits["spending"], summaries[::step], horizon)
    inside = float(np.mean((spent[::step] >= tried.low) & (spent[::step] <= tried.high)))
    promised = float(tried.coverage.mean())
    totals = {
        "purchases": (float(bought.sum()), float(expected.sum()), float(tried.purchases.sum()), tried.totals[0]),
        "net_sales": (float(spent.sum()), float(amounts.sum()), float(tried.amount.sum()), tried.totals[1]),
    }
    checks = [Check("holdout_days", holdout)]
    for measure, (actual, predicted, mean, simulated) in totals.items():
        low, high = mean / np.maximum(np.quantile(simulated, CHANCE), mean * 1e-3)
        ratio = predicted / actual if actual > 0 else float("inf")
        limits = min(RATIO[0], float(low)), max(RATIO[1], float(high))
        checks.append(Check(f"holdout_{measure}", actual, predicted))
        checks.append(Check(f"holdout_{measure}_predicted_by_actual", ratio, None, *limits))
    return [*checks, Check("holdout_interval_coverage", inside, promised, promised - COVERAGE, promised + COVERAGE)]
