"""Removal effects against another exact solution: campaigns are taken out of the graph one by one, in fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopmart.attribution.markov import share_conversions, solve_removal_effects
from loopmart.attribution.paths import Path, list_campaigns
from tests.path_data import eliminate

PATHS = st.lists(
    st.builds(
        Path,
        campaigns=st.lists(st.sampled_from("abcd"), min_size=1, max_size=5).map(tuple),
        conversions=st.integers(0, 5),
        nulls=st.integers(1, 5),
    ),
    min_size=1,
    max_size=8,
)


@given(PATHS)
def test_effects_of_any_paths_agree_with_exact_elimination(paths: list[Path]) -> None:
    removal = solve_removal_effects(paths)
    rate = eliminate(paths, None)
    assert removal.conversion_rate == pytest.approx(float(rate), abs=1e-12)
    for campaign in list_campaigns(paths):
        lost = 1 - eliminate(paths, campaign) / rate if rate else Fraction(0)
        assert removal.effects[campaign] == pytest.approx(float(lost), abs=1e-9)


def test_without_a_conversion_nobody_has_an_effect() -> None:
    paths = [Path(("a", "b"), 0, 3)]
    assert solve_removal_effects(paths).effects == {"a": 0.0, "b": 0.0}
    assert share_conversions(paths) == {"a": 0.0, "b": 0.0}
