"""The published results on CDNOW: Fader, Hardie and Lee (2005), Fader and Hardie (2013)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import hyp2f1

from loopmart.value.checks import FITS, assess
from loopmart.value.purchasing import chance_alive, expect_purchases, fit_purchases
from loopmart.value.spending import correlate, expect_average, fit_spending
from loopmart.value.summaries import Summaries
from tests.unit.value.customers import load_cdnow, locate_cdnow, summarise_cdnow


@pytest.fixture(scope="module")
def cdnow() -> Summaries:
    return summarise_cdnow()


def test_frequency_recency_and_tenure_equal_the_published_summary_of_all_2357_customers(cdnow: Summaries) -> None:
    published = pd.read_csv(locate_cdnow("cdnow_customers_summary.csv"))
    same = (
        (published["ID"].to_numpy() == [int(each) for each in cdnow.customer_ids])
        & (published["frequency"].to_numpy() == cdnow.frequency)
        & (published["recency"].to_numpy() == cdnow.recency.round(2))
        & (published["T"].to_numpy() == cdnow.tenure.round(2))
    )
    assert same.sum() == len(cdnow) == 2357


def test_average_values_equal_the_published_ones_to_the_cent(cdnow: Summaries) -> None:
    published = pd.read_csv(locate_cdnow("cdnow_customers_summary_with_transactions.csv"))["zbar"].to_numpy()
    assert np.abs(np.nan_to_num(cdnow.average_value) - published).max() <= 0.005 + 1e-9


def test_bg_nbd_finds_the_published_parameters_and_likelihood(cdnow: Summaries) -> None:
    fit = fit_purchases(cdnow)
    assert fit.failure == ""
    assert fit.parameters == pytest.approx([0.2426, 4.4135, 0.7929, 2.4258], rel=1e-3)
    assert fit.log_likelihood == pytest.approx(-9582.4256, rel=1e-6)


def test_bg_nbd_finds_the_published_likelihood_to_its_last_digit_on_the_published_summary() -> None:
    published = pd.read_csv(locate_cdnow("cdnow_customers_summary.csv"))
    x, recency, tenure = (published[name].to_numpy(float) for name in ("frequency", "recency", "T"))
    fit = fit_purchases(Summaries([str(each) for each in published["ID"]], x, recency, tenure, np.full(len(x), np.nan)))
    assert round(fit.log_likelihood, 4) == -9582.4256
    assert fit.parameters.round(4).tolist() == [0.2426, 4.4135, 0.7929, 2.4258]


def test_gamma_gamma_finds_the_published_parameters(cdnow: Summaries) -> None:
    fit = fit_spending(cdnow)
    assert fit.failure == ""
    assert fit.parameters == pytest.approx([6.249, 3.745, 15.448], rel=1e-3)


def test_expectations_are_the_published_ones(cdnow: Summaries) -> None:
    purchases = expect_purchases(fit_purchases(cdnow).parameters, cdnow, 39.0)
    average = expect_average(fit_spending(cdnow).parameters, cdnow)
    assert purchases[0] == pytest.approx(1.226, abs=5e-4)
    assert average[:6] == pytest.approx([24.6586, 18.9115, 35.1710, 35.1710, 35.1710, 71.4629], rel=1e-3)


def test_expected_purchases_equal_the_closed_form(cdnow: Summaries) -> None:
    r, alpha, a, b = parameters = fit_purchases(cdnow).parameters
    x, recency, tenure, t = cdnow.frequency, cdnow.recency, cdnow.tenure, 52.0
    power = ((alpha + tenure) / (alpha + tenure + t)) ** (r + x)
    closed = (a + b + x - 1) / (a - 1) * (1 - power * hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + tenure + t)))
    assert expect_purchases(parameters, cdnow, t) == pytest.approx(
        closed * chance_alive(parameters, x, recency, tenure), rel=1e-9
    )


def test_frequency_and_value_hardly_correlate(cdnow: Summaries) -> None:
    assert correlate(cdnow) == pytest.approx(0.11, abs=0.01)


def test_the_models_tell_the_last_quarter_of_the_log() -> None:
    days = load_cdnow()
    assessment = assess(days, int(days.days.max()))
    assert (assessment.verdict, assessment.reason) == (FITS, "")
