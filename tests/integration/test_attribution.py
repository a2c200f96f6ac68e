"""Attribution against outside truth: the published figures of PathData."""

from __future__ import annotations

import pytest

from loopmart.attribution.markov import share_conversions, solve_removal_effects
from loopmart.attribution.paths import Path
from tests.path_data import eliminate, read_path_data

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def paths() -> list[Path]:
    return read_path_data()


def test_path_data_has_the_published_markov_figures(paths: list[Path]) -> None:
    shares = share_conversions(paths)
    assert solve_removal_effects(paths).conversion_rate == pytest.approx(0.2238451, abs=5e-8)
    assert shares["alpha"] == pytest.approx(5344.95, abs=0.005)
    assert shares["iota"] == pytest.approx(3884.61, abs=0.005)
    assert sum(shares.values()) == pytest.approx(sum(path.conversions for path in paths))


def test_removal_effects_of_path_data_agree_with_exact_elimination(paths: list[Path]) -> None:
    removal = solve_removal_effects(paths)
    assert len(removal.effects) == 12
    rate = eliminate(paths, None)
    assert removal.conversion_rate == pytest.approx(float(rate), rel=1e-12)
    for channel, effect in removal.effects.items():
        assert effect == pytest.approx(float(1 - eliminate(paths, channel) / rate), rel=1e-9), channel
