"""A first night on the sample, run once for all workers; tests that change it take a copy."""

from __future__ import annotations

import fcntl
import os
import shutil

import pytest

from loopmart.settings import Settings
from tests.conftest import TOKEN_KEY, copy_sample, recall_parse
from tests.worlds import run_loopmart


@pytest.fixture(scope="session")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A world after its first night; not to be changed."""
    own = tmp_path_factory.getbasetemp()
    root = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "first night"
    root.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        patch.setenv("LOOPMART_HOME", str(root / "home"))
        patch.setenv("LOOPMART_TOKEN_KEY_FILE", str(root / "token.key"))
        settings = Settings.load()
        if not (root / "done").exists():
            (root / "token.key").write_text(TOKEN_KEY)
            copy_sample(settings)
            run_loopmart("run", settings=settings)
            (root / "done").touch()
    return settings


@pytest.fixture
def night(first_night: Settings, settings: Settings) -> Settings:
    """A world of its own after its first night."""
    shutil.rmtree(settings.home)
    shutil.copytree(first_night.home, settings.home, symlinks=True)
    recall_parse(settings.home)
    return settings
