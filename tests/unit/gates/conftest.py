"""The world that the gates look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.gates.world import World, build_world, copy_world


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("world")
    build_world(home)
    return home


@pytest.fixture
def world(tmp_path: Path, template: Path) -> World:
    return copy_world(tmp_path, template)
