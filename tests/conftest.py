"""Worlds that tests run in: each a LOOPMART_HOME of its own, with a token key of its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from loopmart.settings import Settings

PROJECT = Path(__file__).parents[1]
TOKEN_KEY = "5a" * 32


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty LOOPMART_HOME; the registry of stores is that of the sample."""
    for name in [n for n in os.environ if n.startswith("LOOPMART_")]:
        monkeypatch.delenv(name)
    key = tmp_path / "token.key"
    key.write_text(TOKEN_KEY)
    home = tmp_path / "home"
    (home / "landing").mkdir(parents=True)
    monkeypatch.setenv("LOOPMART_HOME", str(home))
    monkeypatch.setenv("LOOPMART_TOKEN_KEY_FILE", str(key))
    return home


@pytest.fixture
def settings(home: Path) -> Settings:
    """Settings of an empty world."""
    return Settings.load()


@pytest.fixture
def sample(settings: Settings) -> Settings:
    """Settings of a world in which the sample's files have just arrived."""
    copy_sample(settings)
    return settings


def copy_sample(settings: Settings) -> None:
    """Let the sample's files arrive."""
    shutil.copytree(PROJECT / "data" / "sample" / "landing", settings.landing_dir, dirs_exist_ok=True)
