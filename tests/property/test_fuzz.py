"""The fuzzer on a few worlds; `make fuzz` runs it on many more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.property.fuzz_world import find_faults, make_files
from tests.property.mutation import load_seeds

pytestmark = pytest.mark.integration

SEEDS = load_seeds()


@pytest.mark.parametrize("world", range(3))
def test_damaged_files_stop_no_load_and_lose_no_line(world: int, tmp_path: Path) -> None:
    files = make_files(SEEDS, f"ci/{world}", 100)
    assert find_faults(files, tmp_path, SEEDS) == []
