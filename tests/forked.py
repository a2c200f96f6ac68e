"""A process that has imported what a night imports, and forks itself for each command and each dbt of a test.

Importing takes a third of a night on the sample. Where the start of a program is the point, tests start it.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "loopmart.cli",
        "loopmart.flow",
        "great_expectations",
        "great_expectations.render.view",
        "dbt.cli.main",
        "dbt.adapters.duckdb",
    ]
)
DBT = "loopmart.transform.dbt_process"


def call_loopmart(arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("out", "err")]
        process = FORKS.Process(target=_run_command, args=(arguments, environment, Path.cwd(), files))
        process.start()
        process.join()
        out, err = (path.read_text(encoding="utf-8") for path in files)
        return subprocess.CompletedProcess(arguments, process.exitcode or 0, out, err)


class ForkedDbt:
    """What a layer's build needs of a `Popen`: lines of its output, and how it ended."""

    returncode: int | None = None

    def __init__(self, command: Sequence[str], env: Mapping[str, str], cwd: Path, pass_fds: Sequence[int]) -> None:
        receiver, sender = FORKS.Pipe(duplex=False)
        kept = [Connection(os.dup(fd)) for fd in pass_fds]
        arguments = command[command.index(DBT) + 1 :]
        self._process = FORKS.Process(target=_run_dbt, args=(arguments, env, cwd, sender, kept))
        self._process.start()
        for end in (sender, *kept):
            end.close()
        self.stdout = os.fdopen(os.dup(receiver.fileno()), encoding="utf-8")
        receiver.close()

    def __enter__(self) -> ForkedDbt:
        return self

    def __exit__(self, *_: object) -> None:
        self.stdout.close()
        self._process.join()
        self.returncode = self._process.exitcode


def _run_command(arguments: Sequence[str], environment: Mapping[str, str], folder: Path, files: list[Path]) -> None:
    outputs = [os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND) for path in files]
    _take_place(arguments, environment, folder, *outputs)
    subprocess.Popen = _fork_dbt(subprocess.Popen)  # type: ignore[assignment, misc]
    from loopmart.cli import main  # here, as it stands ready in the fork alone

    main()


def _run_dbt(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, sender: Connection, _: list[Connection]
) -> None:
    _take_place(arguments, environment, folder, sender.fileno(), 2)
    from loopmart.transform.dbt_process import main

    main()


def _take_place(arguments: Sequence[str], environment: Mapping[str, str], folder: Path, out: int, err: int) -> None:
    """Be the process that a caller started with these arguments."""
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.chdir(folder)
    logging.getLogger().handlers.clear()  # an import has set one up
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["loopmart", *arguments]


def _fork_dbt(start: Callable[..., Any]) -> Callable[..., Any]:
    def choose(command: Sequence[str], **options: Any) -> Any:
        if DBT not in command:
            return start(command, **options)
        return ForkedDbt(command, options["env"], options["cwd"], options["pass_fds"])

    return choose
