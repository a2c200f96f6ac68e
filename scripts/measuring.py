"""What a piece of work costs: CPU seconds, wall time and peak memory of a process of its own."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable


def measure(name: str, work: Callable[[], object]) -> float:
    """Run work in a process of its own; prints and returns its CPU seconds.

    Raises:
        SystemExit: the work failed.
    """
    sys.stdout.flush()
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            work()
            sys.stdout.flush()
        except BaseException as error:
            print(f"{name}: {error}", file=sys.stderr)
            os._exit(1)
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{name} failed")
    cpu = usage.ru_utime + usage.ru_stime
    print(f"{name}: {cpu:.1f} CPU s, {time.monotonic() - started:.1f} s, peak {usage.ru_maxrss / 2**20:.2f} GiB")
    return cpu
