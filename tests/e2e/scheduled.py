"""A night with Airflow from start to stop, perhaps with a worker killed in it."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from tests.conftest import PROJECT

TIMEOUT = 1500


@dataclass
class Night:
    """What a night printed, and how it ended."""

    code: int
    lines: list[str]

    def states_of(self, task: str) -> list[str]:
        """The states that a task was shown in, such as `success after 1.0 s`."""
        return [line.split(task, 1)[1].strip() for line in self.lines if f" {task} " in line and " | " not in line]


def run_scheduled(command: Sequence[str], environment: dict[str, str], kill_when_running: str | None = None) -> Night:
    """Run a command that runs a night; perhaps the task that has a child of that command line is killed."""
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        if kill_when_running:
            _kill_parent_of(kill_when_running, psutil.Process(process.pid))
        out, _ = process.communicate(timeout=TIMEOUT)
    print(out)
    return Night(process.returncode, out.splitlines())


def _kill_parent_of(words: str, root: psutil.Process) -> None:
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
        time.sleep(1)  # a look takes 10 ms of CPU, and some wait for minutes
    raise AssertionError(f"no process with {words!r} was seen")
