"""Verdicts on comparisons of stores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loopmart.incrementality.members import Window
from loopmart.incrementality.stores import LEAST_CONTROLS, MOST_CONTROLS, PERIODS, Panel, conclude_stores
from loopmart.incrementality.verdicts import GAIN, LOSS, NO_EFFECT, NOT_CAUSAL, NOT_ENOUGH_DATA, PRE_POST, SYNTHETIC
from tests.unit.incrementality.simulated import simulate_stores

WHOLE = Window(14, 14)


def lay_out(stores: int, treated: int, factor: float = 1.0, seed: int = 1) -> Panel:
    """Stores of very different size; the campaign multiplies what those that it names sell."""
    before, after = (rows[0] for rows in simulate_stores(1, stores, PERIODS, seed))
    sizes = np.geomspace(100, 100_000, stores)
    after[:treated] *= factor
    return Panel(before * sizes[:, None], after * sizes, np.full(stores, 14.0), treated)


@pytest.mark.parametrize(("factor", "verdict"), [(3.0, GAIN), (0.1, LOSS), (1.0, NO_EFFECT)])
def test_a_planted_effect_on_stores_gets_its_verdict_in_money(factor: float, verdict: str) -> None:
    panel = lay_out(30, 2, factor)
    sold = float((panel.after * panel.days)[:2].sum())
    synthetic, pre_post = conclude_stores("7", WHOLE, panel)
    assert (synthetic.method, pre_post.method) == (SYNTHETIC, PRE_POST)
    for finding in (synthetic, pre_post):
        assert finding.effect is not None
        assert finding.verdict == verdict
        assert finding.effect.low <= sold * (1 - 1 / factor) <= finding.effect.high
        assert finding.control_stores == 28
    assert "weakest" in pre_post.reason


def test_the_naive_figure_is_sales_in_the_window_less_sales_before() -> None:
    panel = lay_out(12, 1, 1.3)
    before, after = panel.before[0].mean(), panel.after[0]
    for finding in conclude_stores("7", WHOLE, panel):
        assert finding.naive == pytest.approx((after - before) * 14)


@pytest.mark.parametrize("controls", [LEAST_CONTROLS - 1, LEAST_CONTROLS])
def test_few_stores_lower_the_level_and_too_few_are_not_enough_data(controls: int) -> None:
    synthetic, pre_post = conclude_stores("7", WHOLE, lay_out(controls + 1, 1))
    if controls < LEAST_CONTROLS:
        for finding in (synthetic, pre_post):
            assert finding.verdict == NOT_ENOUGH_DATA
            assert finding.effect is None
            assert finding.needed_stores == LEAST_CONTROLS + 1
            assert f"{controls} of at least {LEAST_CONTROLS}" in finding.reason
    else:
        assert synthetic.effect is not None
        assert synthetic.effect.level == pytest.approx(1 - 1 / (controls + 1))


def test_no_store_named_and_no_window_loaded_are_not_enough_data() -> None:
    for finding in conclude_stores("7", WHOLE, None):
        assert (finding.verdict, finding.needed_stores) == (NOT_ENOUGH_DATA, 1 + LEAST_CONTROLS)
        assert "names no store" in finding.reason
    for finding in conclude_stores("7", Window(14, 0), lay_out(30, 1)):
        assert (finding.verdict, finding.needed_stores) == (NOT_ENOUGH_DATA, None)
        assert finding.reason == "the window lies wholly outside the loaded business dates"


def test_a_store_that_no_mixture_is_like_carries_no_effect() -> None:
    panel = lay_out(20, 1)
    wild = panel.before.copy()
    wild[0] *= np.where(np.arange(PERIODS) % 2, 0.2, 1.8)
    finding = conclude_stores("7", WHOLE, replace(panel, before=wild))[0]
    assert finding.verdict == NOT_CAUSAL
    assert "no mixture of other stores is like these" in finding.reason


def test_stores_that_moved_apart_before_carry_no_effect() -> None:
    panel = lay_out(20, 1)
    rising = panel.before.copy()
    rising[0] *= np.linspace(0.2, 1.8, PERIODS)
    finding = conclude_stores("7", WHOLE, replace(panel, before=rising))[1]
    assert finding.verdict == NOT_CAUSAL
    assert "had moved apart before" in finding.reason


def test_a_chain_of_many_stores_is_judged_by_some_of_them_the_same_every_night() -> None:
    panel = lay_out(300, 3)
    chosen = panel.limit()
    assert chosen.controls == MOST_CONTROLS
    assert np.array_equal(chosen.after[:3], panel.after[:3])
    assert conclude_stores("7", WHOLE, panel) == conclude_stores("7", WHOLE, panel)
