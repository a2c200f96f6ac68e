"""Damaged files by the hundred thousand: none may stop a load, and none may lose a line.

    python -m scripts.fuzz_ingest --files 100000 --seed 1 --minutes 60

A world holds some hundreds of golden bills whose bytes went wrong; it is loaded in a process of its own, which must
end in time and without an exception, and every line of every file must be accounted for. Of a world that fails, the
fewest files that fail together are kept in a folder.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from multiprocessing.connection import Connection
from pathlib import Path

from tests.property.fuzz_world import find_faults, make_files
from tests.property.mutation import load_seeds

FILES_A_WORLD = 800
CPU_SECONDS_A_WORLD = 240
"""A world that takes more runs in circles; one takes about 40."""
SECONDS_A_WORLD = 1800
"""A world that takes longer hangs, however busy the machine."""
SEEDS = load_seeds()
FORK = multiprocessing.get_context("fork")


def main() -> int:
    """Returns 1 if a world failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000, help="how many damaged files")
    parser.add_argument("--seed", type=int, default=1, help="another one makes other files")
    parser.add_argument("--minutes", type=float, default=60, help="no world begins later")
    parser.add_argument("--workers", type=int, default=2, help="processes at a time")
    parser.add_argument("--keep", type=Path, default=Path("data/fuzz"), help="where files that fail are kept")
    options = parser.parse_args()
    began = time.monotonic()
    worlds = iter(range(-(-options.files // FILES_A_WORLD)))
    done = failed = 0
    with ThreadPoolExecutor(options.workers) as pool:
        running: dict[Future[list[str]], int] = {}
        while True:
            while len(running) < options.workers and time.monotonic() - began < options.minutes * 60:
                world = next(worlds, None)
                if world is None:
                    break
                running[pool.submit(try_world, f"{options.seed}/{world}", options.keep)] = world
            if not running:
                break
            for job in wait(running, return_when=FIRST_COMPLETED).done:
                world = running.pop(job)
                done += 1
                failed += bool(job.result())
                for fault in job.result():
                    print(f"world {options.seed}/{world}: {fault}", flush=True)
                if done % 10 == 0:
                    print(
                        f"{done * FILES_A_WORLD:,} files, {failed} worlds failed, {time.monotonic() - began:.0f} s",
                        flush=True,
                    )
    minutes = (time.monotonic() - began) / 60
    print(f"{done * FILES_A_WORLD:,} files in {done} worlds, {minutes:.1f} minutes, {failed} worlds failed")
    return int(failed > 0)


def try_world(number: str, keep: Path) -> list[str]:
    """The faults of a world; of one that fails, the fewest files that fail are written to a folder of `keep`."""
    files = make_files(SEEDS, number, FILES_A_WORLD)
    faults = load_apart(files)
    if faults:
        fewest = reduce_files(files)
        folder = keep / number.replace("/", "-")
        for path, content in fewest.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        faults = [f"{len(fewest)} files in {folder} fail", *(load_apart(fewest) or faults)]
    return faults


def reduce_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Drop parts of the files, ever smaller ones, while the rest fails."""
    kept = dict(files)
    size = len(kept) // 2
    while size:
        for start in range(0, len(kept), size):
            names = list(kept)
            rest = {name: kept[name] for name in names[:start] + names[start + size :]}
            if rest and load_apart(rest):
                kept = rest
                break
        else:
            size //= 2
    return kept


def load_apart(files: Mapping[str, bytes]) -> list[str]:
    """The faults of a load in a process of its own, an exception, a crash and a hang among them."""
    here, there = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_load, args=(files, there))
    process.start()
    there.close()
    try:
        if not here.poll(SECONDS_A_WORLD):
            return [f"it hangs: no answer within {SECONDS_A_WORLD} seconds"]
        faults: list[str] = here.recv()
        process.join(SECONDS_A_WORLD)
        return faults
    except EOFError:
        process.join()
        return [f"the process died with {process.exitcode}"]
    finally:
        process.kill()
        process.join()
        here.close()


def _load(files: Mapping[str, bytes], answer: Connection) -> None:
    logging.disable()
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_A_WORLD, CPU_SECONDS_A_WORLD + 1))
    with tempfile.TemporaryDirectory(prefix="loopmart-fuzz-") as home:
        try:
            answer.send(find_faults(files, Path(home), SEEDS))
        except Exception:
            answer.send([traceback.format_exc(limit=-6)])


if __name__ == "__main__":
    sys.exit(main())
