"""The models find parameters that are known, agree with direct integration, and say when they cannot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import check_grad
from scipy.special import expit

from loopmart.value import likelihood
from loopmart.value.purchasing import chance_alive, count_frequencies, expect_purchases, fit_purchases
from loopmart.value.spending import expect_average, fit_spending
from loopmart.value.summaries import Summaries, summarise
from tests.unit.value.customers import PURCHASING, SPENDING, simulate_days

NOT_FITTED = likelihood.Fit(np.ones(3), 0.0, np.eye(3), "not fitted")


def make_summaries(frequency: list[float], recency: list[float], tenure: list[float], value: list[float]) -> Summaries:
    arrays = (np.array(each, dtype=float) for each in (frequency, recency, tenure, value))
    return Summaries([f"C{number:05}" for number in range(len(frequency))], *arrays)


@pytest.mark.parametrize("seed", range(3))
def test_known_parameters_are_recovered_within_their_own_uncertainty(seed: int) -> None:
    summaries = summarise(simulate_days(3000, 104, seed), 104 * 7 - 1, 7.0)
    for fit, truth in ((fit_purchases(summaries), PURCHASING), (fit_spending(summaries), SPENDING)):
        deviations = (np.log(fit.parameters) - np.log(truth)) / np.sqrt(np.diag(fit.covariance))
        assert fit.failure == ""
        assert np.abs(deviations).max() < 4


def test_another_unit_of_time_changes_alpha_and_nothing_else() -> None:
    days = simulate_days(1000, 104, seed=1)
    by_week, by_day = summarise(days, 600, 7.0), summarise(days, 600, 1.0)
    weekly, daily = fit_purchases(by_week).parameters, fit_purchases(by_day).parameters
    assert daily == pytest.approx(weekly * [1, 7, 1, 1], rel=1e-5)
    one, other = expect_purchases(weekly, by_week, 52.0), expect_purchases(daily, by_day, 364.0)
    assert one == pytest.approx(other, rel=1e-5)


def test_another_currency_changes_v_and_nothing_else() -> None:
    days = simulate_days(1000, 104, seed=1)
    one = fit_spending(summarise(days, 600, 7.0))
    other = fit_spending(summarise(replace(days, cents=days.cents * 20_000), 600, 7.0))
    assert other.failure == ""
    assert other.parameters == pytest.approx(one.parameters * [1, 1, 20_000], rel=1e-6)
    assert other.covariance == pytest.approx(one.covariance, rel=1e-4)


@pytest.mark.parametrize(
    ("parameters", "frequency", "tenure"),
    [((0.24, 4.4, 0.79, 2.4), 29, 38.9), ((1.4, 1.4, 0.02, 14), 306, 52.0), ((0.5, 0.1, 1.0, 3.0), 0, 0.5)],
)
def test_expected_purchases_equal_direct_integration(
    parameters: tuple[float, ...], frequency: int, tenure: float
) -> None:
    r, alpha, a, b = parameters
    summaries = make_summaries([frequency], [tenure * (frequency > 0)], [tenure], [1])

    def weigh(logit: float, with_purchases: bool) -> float:
        """Density of Beta(a, b + x) over the logit of p, times the purchases given p."""
        p = expit(logit)
        density = np.exp(a * np.log(p) + (b + frequency) * np.log(expit(-logit)) + frequency)
        return float(
            density * (-np.expm1(-(r + frequency) * np.log1p(p * 52 / (alpha + tenure))) / p) ** with_purchases
        )

    span = (-600, 60)
    integrals = [quad(weigh, *span, args=(flag,), points=[-20, -5, 0], limit=500)[0] for flag in (True, False)]
    alive = chance_alive(np.array(parameters), *(getattr(summaries, n) for n in ("frequency", "recency", "tenure")))
    expected = expect_purchases(np.array(parameters), summaries, 52.0)
    assert expected[0] == pytest.approx(integrals[0] / integrals[1] * alive[0], rel=1e-6)


def test_the_chance_to_be_alive_falls_with_silence_and_is_one_before_the_first_repeat() -> None:
    summaries = make_summaries([0, 5, 5, 5], [0, 50, 30, 10], [52, 52, 52, 52], [0, 1, 1, 1])
    alive = chance_alive(np.array(PURCHASING), summaries.frequency, summaries.recency, summaries.tenure)
    assert alive[0] == 1
    assert 1 > alive[1] > alive[2] > alive[3] > 0


def test_expected_frequencies_are_those_of_simulated_customers() -> None:
    summaries = summarise(simulate_days(20_000, 104, seed=3), 104 * 7 - 1, 7.0)
    expected = count_frequencies(np.array(PURCHASING), summaries.tenure, 6)
    seen = np.bincount(np.minimum(summaries.frequency, 6).astype(int))
    assert expected.sum() == pytest.approx(len(summaries))
    assert np.abs(expected - seen).max() < 4 * np.sqrt(seen.max())


def test_average_value_moves_from_everyones_mean_to_the_customers_own() -> None:
    p, q, v = SPENDING
    summaries = make_summaries([0, 1, 10, 1000], [0, 1, 1, 1], [9, 9, 9, 9], [np.nan, 100, 100, 100])
    average = expect_average(np.array(SPENDING), summaries)
    assert average[0] == pytest.approx(p * v / (q - 1))
    assert average[0] < average[1] < average[2] < average[3] < 100
    assert average[3] == pytest.approx(100, rel=0.01)


def test_gradients_equal_finite_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    summaries = summarise(simulate_days(300, 52, seed=4), 52 * 7 - 1, 7.0)
    for model, fit, truth in (("purchasing", fit_purchases, PURCHASING), ("spending", fit_spending, SPENDING)):
        given: list[likelihood.LogLikelihood] = []
        monkeypatch.setattr(f"loopmart.value.{model}.maximise", lambda f, *_, to=given: to.append(f) or NOT_FITTED)
        fit(summaries)
        value, gradient = (lambda logs, part=part, of=given[0]: of(logs)[part] for part in (0, 1))
        for logs in (np.log(truth), np.log(truth) + 0.5):
            assert check_grad(value, gradient, logs) < 1e-4 * np.abs(gradient(logs)).max() + 1e-3


def test_customers_like_clockwork_are_no_random_buyers() -> None:
    summaries = make_summaries([52.0] * 500, [52.0] * 500, [52.0] * 500, [20.0] * 500)
    assert "do not determine" in fit_purchases(summaries).failure
    assert fit_spending(summaries).failure != ""


def test_spending_without_a_mean_is_a_failure() -> None:
    generator = np.random.default_rng(5)
    wild = 10 * generator.gamma(3.0, size=2000) / generator.gamma(0.8, size=2000)
    summaries = make_summaries([1.0] * 2000, [1.0] * 2000, [2.0] * 2000, wild.tolist())
    assert fit_spending(summaries).failure == "spending varies too widely to have a mean (q <= 1)"


def test_starts_that_do_not_meet_are_a_failure() -> None:
    def two_hills(logs: np.ndarray) -> tuple[float, np.ndarray]:
        x = logs[0]
        return -((x**2 - 4) ** 2) + x, np.array([-4 * x * (x**2 - 4) + 1])

    assert (
        likelihood.maximise(two_hills, [[8.0], [0.1]], ("x",)).failure == "different starts lead to different answers"
    )
    assert likelihood.maximise(two_hills, [[8.0], [7.0]], ("x",)).failure == ""
