"""The lot: the same whenever it is drawn, fair over members, and another one for another campaign."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare

from loopmart.audience.arms import assign_arm, draw_lot

MEMBERS = [f"M{number:020x}" for number in range(20_000)]
RATES = st.floats(0, 1)
LOT_OF_SHA256SUM = int("88c8620dfa828c25", 16) / 2**64


def test_the_lot_is_that_of_the_docs() -> None:
    # printf 'loopmart hold-out 1|C1|M0123456789abcdef0123' | sha256sum | cut -c1-16
    assert draw_lot("C1", "M0123456789abcdef0123") == LOT_OF_SHA256SUM


@given(campaign=st.text(), member=st.text(), low=RATES, high=RATES)
def test_a_higher_rate_keeps_everyone_who_is_held_out(campaign: str, member: str, low: float, high: float) -> None:
    low, high = sorted((low, high))
    if assign_arm(campaign, member, low) == "holdout":
        assert assign_arm(campaign, member, high) == "holdout"


def test_nobody_is_held_out_at_zero_and_everybody_at_one() -> None:
    assert {assign_arm("C1", member, 0) for member in MEMBERS[:1000]} == {"treatment"}
    assert {assign_arm("C1", member, 1) for member in MEMBERS[:1000]} == {"holdout"}


@pytest.mark.parametrize("campaign", ["C1", "C2", "REACH-LAPSED"])
def test_lots_are_uniform_over_members(campaign: str) -> None:
    tenths = [0] * 10
    for member in MEMBERS:
        tenths[int(draw_lot(campaign, member) * 10)] += 1
    assert chisquare(tenths).pvalue > 0.001


def test_arms_of_two_campaigns_are_independent() -> None:
    table = [[0, 0], [0, 0]]
    for member in MEMBERS:
        first, second = (assign_arm(campaign, member, 0.3) == "holdout" for campaign in ("C1", "C2"))
        table[first][second] += 1
    assert chi2_contingency(table).pvalue > 0.001
