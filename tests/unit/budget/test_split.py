"""What must hold of any split, for any curves and any amount."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopmart.budget.curves import Curve
from loopmart.budget.split import CENT, split_budget

NOTHING = np.empty(0)
CURVES = st.dictionaries(
    st.sampled_from(["sms", "wechat", "mail", "flyer"]),
    st.builds(
        Curve,
        scale=st.floats(0, 1e6),
        elasticity=st.sampled_from([0.05, 0.3, 0.5, 0.9, 0.99]),
        highest=st.decimals(100, 100_000, places=2).map(float),
        campaign_count=st.just(8),
        scales=st.just(NOTHING),
        elasticities=st.just(NOTHING),
    ),
    min_size=1,
)
AMOUNTS = st.decimals(0, 200_000, places=2)
RETURNS = st.floats(0.1, 20)


def respond(curve: Curve, spend: Decimal) -> float:
    return float(curve.respond(np.array([float(spend)]))[0]) if spend else 0.0


def find_highest(curve: Curve) -> Decimal:
    return Decimal(curve.highest).quantize(CENT)


def differentiate(curve: Curve, spend: Decimal) -> float:
    return float(curve.differentiate(np.array([float(spend)]))[0])


@settings(deadline=None)
@given(curves=CURVES, amount=AMOUNTS, least=RETURNS)
def test_a_split_spends_no_more_than_the_amount_and_no_more_than_was_ever_spent(
    curves: dict[str, Curve], amount: Decimal, least: float
) -> None:
    split = split_budget(amount, curves, least)
    assert set(split) == set(curves)
    assert sum(split.values()) <= amount
    for name, spend in split.items():
        assert 0 <= spend <= find_highest(curves[name])
        assert spend == spend.quantize(CENT)


@settings(deadline=None)
@given(curves=CURVES, amount=AMOUNTS, more=AMOUNTS, least=RETURNS)
def test_with_a_larger_amount_no_channel_gets_less(
    curves: dict[str, Curve], amount: Decimal, more: Decimal, least: float
) -> None:
    before, after = split_budget(amount, curves, least), split_budget(amount + more, curves, least)
    assert all(after[name] >= before[name] for name in curves)


@settings(deadline=None)
@given(curves=CURVES, amount=AMOUNTS, least=RETURNS)
def test_channels_that_are_neither_empty_nor_full_return_the_same_for_one_more_yuan(
    curves: dict[str, Curve], amount: Decimal, least: float
) -> None:
    split = split_budget(amount, curves, least)
    inner = {
        name: differentiate(curve, split[name])
        for name, curve in curves.items()
        if 50 <= split[name] <= find_highest(curve) - CENT
    }
    if inner:
        price = min(inner.values())
        assert max(inner.values()) == pytest.approx(price, rel=1e-3)
        assert price >= least * (1 - 1e-9)
        for name, curve in curves.items():
            if split[name] > find_highest(curve) - CENT and split[name] > 50:
                assert differentiate(curve, split[name]) >= price * (1 - 1e-3)


@settings(deadline=None)
@given(curves=CURVES, amount=AMOUNTS, least=RETURNS)
def test_money_is_left_only_where_no_channel_can_use_it(
    curves: dict[str, Curve], amount: Decimal, least: float
) -> None:
    split = split_budget(amount, curves, least)
    if sum(split.values()) < amount - CENT * len(curves):
        for name, curve in curves.items():
            is_full = split[name] > find_highest(curve) - CENT
            assert is_full or differentiate(curve, split[name] + CENT) <= least * (1 + 1e-9)


@settings(max_examples=20, deadline=None)
@given(curves=CURVES, amount=st.decimals(100, 10_000, places=2), seed=st.integers(0, 99))
def test_no_other_split_of_the_same_money_returns_more(curves: dict[str, Curve], amount: Decimal, seed: int) -> None:
    split = split_budget(amount, curves, 1e-9)
    best = sum(respond(curve, split[name]) for name, curve in curves.items())
    shares = np.random.default_rng(seed).dirichlet(np.ones(len(curves)), 200).T
    others = [
        curve.respond(np.minimum(float(amount) * share, curve.highest))
        for share, curve in zip(shares, curves.values(), strict=True)
    ]
    assert sum(others).max() <= best * (1 + 1e-3) + 1


def test_two_equal_channels_share_alike() -> None:
    curve = Curve(1_000, 0.5, 400, 8, NOTHING, NOTHING)
    assert split_budget(Decimal("100.00"), {"sms": curve, "mail": curve}) == {"sms": Decimal(50), "mail": Decimal(50)}
