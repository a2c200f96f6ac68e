"""The night through a real scheduler: the same result as without one, also when a worker is killed; a gate stops it."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from loopmart.settings import Settings
from tests.conftest import PROJECT, TOKEN_KEY, copy_sample
from tests.worlds import environment, hash_marts, query_published, run_loopmart

pytestmark = [pytest.mark.e2e, pytest.mark.faults]

TIMEOUT = 600


@dataclass
class Night:
    """What a night printed, and how it ended."""

    code: int
    lines: list[str]

    def states_of(self, task: str) -> list[str]:
        """The states that a task was shown in, such as `success after 1.0 s`."""
        return [line.split(task, 1)[1].strip() for line in self.lines if f" {task} " in line and " | " not in line]


def run_nightly(settings: Settings, kill_when_running: str | None = None) -> Night:
    """A night with Airflow from start to stop; perhaps the task that has a child of that command line is killed."""
    command = [
        sys.executable,
        str(PROJECT / "scripts" / "airflow_local.py"),
        "run",
        "nightly",
        "--timeout",
        str(TIMEOUT),
    ]
    with subprocess.Popen(
        command, env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        if kill_when_running:
            kill_parent_of(kill_when_running, psutil.Process(process.pid))
        out, _ = process.communicate(timeout=TIMEOUT + 120)
    print(out)
    return Night(process.returncode, out.splitlines())


def kill_parent_of(words: str, root: psutil.Process) -> None:
    """SIGKILL the process, below `root`, whose child has these words in its command line."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline and root.is_running():
        for child in root.children(recursive=True):
            try:
                if words in " ".join(child.cmdline()):
                    child.parent().send_signal(signal.SIGKILL)
                    return
            except psutil.NoSuchProcess:
                continue
        time.sleep(0.1)
    raise AssertionError(f"no process with {words!r} was seen")


def make_world(root: Path) -> Settings:
    """A world in which the sample's files have just arrived."""
    (root / "token.key").write_text(TOKEN_KEY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOOPMART_HOME", str(root / "home"))
        patch.setenv("LOOPMART_TOKEN_KEY_FILE", str(root / "token.key"))
        settings = Settings.load()
    copy_sample(settings)
    return settings


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the command line publishes of the sample, without Airflow."""
    settings = make_world(tmp_path_factory.mktemp("plain"))
    run_loopmart("run", settings=settings)
    return hash_marts(settings)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_world(tmp_path_factory.mktemp("scheduled"))


@pytest.fixture(scope="module")
def killed_night(world: Settings) -> Night:
    """The first night, in which the task that builds staging was killed with its dbt at work."""
    return run_nightly(world, kill_when_running="--project-dir")


def test_a_killed_task_is_tried_again_and_publishes_the_same(
    killed_night: Night, world: Settings, expected: dict[str, str]
) -> None:
    assert killed_night.code == 0
    states = killed_night.states_of("build.build_staging")
    assert "up_for_retry" in states
    first_success = next(state for state in states if state.startswith("success"))
    assert re.fullmatch(r"success after .*, try 2", first_success)  # files that came later may have built once more
    assert hash_marts(world) == expected


def test_every_task_of_the_night_is_shown_as_it_ends(killed_night: Night) -> None:
    shown = {
        match[1] for line in killed_night.lines if (match := re.search(r" s  ([\w.]+(?: \[\w+\])?) +success", line))
    }
    chain = {
        "nightly.trigger_ingest", "ingest.discover", "ingest.load [pos_order_lines]", "ingest.check_landing",
        "build.build_staging", "build.check_staging", "build.build_marts", "build.check_marts", "build.finish_build",
        "publish.publish", "nightly.wait_for_publication",
    }  # fmt: skip
    assert chain <= shown


def test_nothing_of_airflow_is_left_behind(killed_night: Night, world: Settings) -> None:
    home = str(world.home)
    left = [p for p in psutil.process_iter(["environ"]) if (p.info["environ"] or {}).get("LOOPMART_HOME") == home]
    assert left == []
    assert (world.home / "airflow").stat().st_mode & 0o777 == 0o700
    assert all(p.stat().st_mode & 0o077 == 0 for p in (world.home / "airflow" / "processes").glob("*.log"))


def test_a_refused_gate_is_not_retried_and_nothing_is_published(
    killed_night: Night, world: Settings, tmp_path: Path
) -> None:
    shutil.copytree(world.home, tmp_path / "home", symlinks=True)
    shutil.copy(world.token_key_file, tmp_path / "token.key")
    settings = make_world(tmp_path)
    april = (settings.landing_dir / "S00102" / "sales_2026-04.csv").read_text().splitlines()
    rubbish = ["oops," + april[2].replace("2026-04", "2026-05")] * 30
    header = "# S00102 2026-05-01 to 2026-05-31"
    (settings.landing_dir / "S00102" / "bad.csv").write_text("\n".join([header, april[1], *rubbish]) + "\n")
    before = query_published(settings, "select version from ops.publication")
    night = run_nightly(settings)
    assert night.code == 1
    assert [state.split()[0] for state in night.states_of("ingest.check_landing")][-1] == "failed"
    assert not any("up_for_retry" in state for state in night.states_of("ingest.check_landing"))
    assert night.states_of("nightly.wait_for_publication")[-1].startswith("failed")
    assert any("| " in line and "gate landing" in line.lower() for line in night.lines)
    assert query_published(settings, "select version from ops.publication") == before
