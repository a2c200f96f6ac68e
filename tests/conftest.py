"""Worlds that tests run in, one after the other in one place: an empty LOOPMART_HOME with a token key of its own."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loopmart.cycles import collect_seldom
from loopmart.settings import Settings
from tests.compiled import Models, compile_in
from tests.worlds import run_loopmart

PROJECT = Path(__file__).parents[1]
TOKEN_KEY = "5a" * 32
PARSED = "warehouse/dbt/partial_parse.msgpack"

collect_seldom()


@pytest.fixture
def home(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty LOOPMART_HOME; the registry of stores is that of the sample."""
    for name in [n for n in os.environ if n.startswith("LOOPMART_")]:
        monkeypatch.delenv(name)
    key = tmp_path / "token.key"
    key.write_text(TOKEN_KEY)
    home = tmp_path_factory.getbasetemp() / "world" / "home"
    (home / "landing").mkdir(parents=True)
    monkeypatch.setenv("LOOPMART_HOME", str(home))
    monkeypatch.setenv("LOOPMART_TOKEN_KEY_FILE", str(key))
    recall_parse(home)
    yield home
    if (home / PARSED).exists():
        (home / PARSED).replace(home.with_suffix(".parsed"))
    shutil.rmtree(home)


def recall_parse(home: Path) -> None:
    """Hand on what dbt parsed for the last world in this place; in another place it has to parse everything anew."""
    parsed = home.with_suffix(".parsed")
    if parsed.exists():
        (home / PARSED).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(parsed, home / PARSED)


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


@contextmanager
def made_once(tmp_path_factory: pytest.TempPathFactory, name: str) -> Iterator[tuple[Path, bool]]:
    """A folder that the first of all workers fills while the others wait: its path, and whether it is full."""
    own = tmp_path_factory.getbasetemp()
    root = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    root.mkdir(exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield root, (root / "done").exists()
        (root / "done").touch()


@pytest.fixture(scope="session")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A world after its first night; not to be changed."""
    with made_once(tmp_path_factory, "first night") as (root, is_done), pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOOPMART_HOME", str(root / "home"))
        patch.setenv("LOOPMART_TOKEN_KEY_FILE", str(root / "token.key"))
        settings = Settings.load()
        if not is_done:
            (root / "token.key").write_text(TOKEN_KEY)
            copy_sample(settings)
            run_loopmart("run", settings=settings)
    return settings


@pytest.fixture(scope="session")
def project_models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """All models that are SQL, as dbt compiles them where nothing is built yet."""
    with made_once(tmp_path_factory, "project models") as (root, is_done):
        if not is_done:
            names = [path.stem for path in (PROJECT / "dbt_project" / "models").rglob("*.sql")]
            (root / "models.json").write_text(json.dumps(compile_in(root / "home", names)))
        return Models(json.loads((root / "models.json").read_text()))


@pytest.fixture
def night(first_night: Settings, settings: Settings) -> Settings:
    """A world of its own after its first night."""
    shutil.rmtree(settings.home)
    shutil.copytree(first_night.home, settings.home, symlinks=True)
    recall_parse(settings.home)
    return settings
