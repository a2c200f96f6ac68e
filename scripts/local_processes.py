"""Start programs so that all of them, and what they have started, can be stopped again."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

ASK_AGAIN_AFTER = 3.0
"""Seconds; a scheduler may swallow the SystemExit that its signal handler raises, and go on."""

_SET_PARENT_DEATH_SIGNAL = 1  # prctl(2)
_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of whatever our programs leave behind, so that `stop_processes` finds it (Linux)."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def start_process(
    command: Sequence[str | Path],
    env: Mapping[str, str],
    log_path: Path,
    *,
    folder: Path | None = None,
    keep_open: Sequence[int] = (),
    parent_death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own; its output is appended to `log_path`, which only we may read.

    Args:
        command: program and arguments.
        env: its whole environment.
        log_path: made with mode 0600, because a scheduler's output shows secrets that task logs mask.
        folder: where it runs; here if None.
        keep_open: file descriptors that it inherits.
        parent_death_signal: what it gets when we are killed (Linux).
    """

    def before_exec() -> None:
        _prctl(_SET_PARENT_DEATH_SIGNAL, parent_death_signal)

    descriptor = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            list(command),
            env=dict(env),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            pass_fds=tuple(keep_open),
            preexec_fn=before_exec,  # noqa: PLW1509  we have one thread
        )
    finally:
        os.close(descriptor)


def stop_processes(
    processes: Sequence[subprocess.Popen[bytes]],
    spare: subprocess.Popen[bytes] | None = None,
    patience: float = 15,
) -> None:
    """Ask each program to end, then end what is left of them: the stubborn, their children and their orphans.

    Args:
        processes: programs of `start_process`.
        spare: one program that goes on, with its children.
        patience: seconds that the programs have to end by themselves.
    """
    before = _descendants(spare)
    deadline = time.monotonic() + patience
    next_request = time.monotonic()
    while (running := [p for p in processes if p.poll() is None]) and time.monotonic() < deadline:
        if time.monotonic() >= next_request:
            next_request += ASK_AGAIN_AFTER
            for process in running:
                process.terminate()
        time.sleep(0.05)
    survivors = [child for child in before | _descendants(spare) if child.is_running()]
    for child in survivors:
        _signal(child, signal.SIGTERM)
    _, stubborn = psutil.wait_procs(survivors, timeout=2)
    for child in stubborn:
        _signal(child, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=2)
    for process in processes:
        process.wait()


def _descendants(spare: subprocess.Popen[bytes] | None) -> set[psutil.Process]:
    """All that we started and all that they started, but for the spared program and its children."""
    ours = set(psutil.Process().children(recursive=True))
    if spare is None or spare.poll() is not None:
        return ours
    spared = psutil.Process(spare.pid)
    return ours - {spared, *spared.children(recursive=True)}


def _signal(process: psutil.Process, number: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
