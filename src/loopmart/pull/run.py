"""Fetching: list, leave alone what is known or not whole, download aside, and put into landing under a free name."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from loopmart.contracts.catalogue import load_catalogue
from loopmart.durable import sync
from loopmart.errors import LoopmartError
from loopmart.locks import hold_lock
from loopmart.pull.config import SENDER_FOLDER, Pull, load_pulls
from loopmart.pull.names import is_unfinished, is_wanted
from loopmart.pull.placement import NameTaken, hash_file, place_file
from loopmart.pull.remote import Remote, RemoteFile, open_remote
from loopmart.pull.report import PullReport
from loopmart.pull.state import PulledFiles
from loopmart.settings import Settings

log = logging.getLogger(__name__)

REPORT_EVERY = 100
ASIDE = ".pull-"
"""Begins the name of a download that is not whole; discovery ignores hidden names."""
STILL_WRITTEN = "still being written; left for the next pull"
GONE = "gone since it was listed"


class _LeftOut(Exception):
    """This file is not taken now; the text says why."""


@dataclass(frozen=True)
class _Candidate:
    file: RemoteFile
    sender_id: str
    url: str
    target: PurePosixPath
    """Below landing."""


def pull_files(settings: Settings, names: Collection[str] = (), is_dry_run: bool = False) -> list[PullReport]:
    """Fetch what is new on the servers of pulls.yaml into landing; what is on a server is never changed.

    Args:
        names: only these pulls; empty for all.
        is_dry_run: list and compare only.

    Returns:
        A report for each pull. One that failed carries its error, and the others were run nevertheless.

    Raises:
        ContractError: pulls.yaml is wrong.
        LoopmartError: a name is in no pull.
    """
    senders = load_catalogue(settings).senders
    pulls = load_pulls(settings, senders)
    if unknown := sorted(set(names) - set(pulls)):
        known = ", ".join(pulls) or "none"
        raise LoopmartError(f"no pull is named {', '.join(unknown)} in {settings.pulls_file}; there are: {known}")
    if not pulls:
        log.info("pull: none is configured; the comments in %s show one", settings.contracts_dir / "pulls.yaml")
        return []
    with hold_lock(settings, "pull"):
        state = PulledFiles(settings.ledger_url)
        try:
            _sweep(settings.landing_dir)
            chosen = [pull for name, pull in pulls.items() if not names or name in names]
            return [_PullRun(settings, pull, senders, state, is_dry_run).run() for pull in chosen]
        finally:
            state.close()


class _PullRun:
    """One pull, from the listing to the last file."""

    def __init__(
        self, settings: Settings, pull: Pull, senders: Collection[str], state: PulledFiles, is_dry_run: bool
    ) -> None:
        self._landing = settings.landing_dir
        self._pull = pull
        self._senders = senders
        self._state = state
        self._known: set[tuple[Any, ...]] = set()
        self._report = PullReport(pull.name, pull.url, is_dry_run)

    def run(self) -> PullReport:
        report = self._report
        log.info("pull %s: looking at %s", report.name, report.url)
        try:
            self._known = self._state.known_versions(self._pull.origin)
            with open_remote(self._pull) as remote:
                candidates = self._choose(remote.list_files())
                log.info("pull %s: %s files, %s of them new", report.name, f"{report.listed:,}", f"{len(candidates):,}")
                if report.is_dry_run:
                    report.new = [candidate.file.relative for candidate in candidates]
                elif candidates:
                    self._fetch_all(remote, candidates)
        except LoopmartError as error:
            report.error = error
        except OSError as error:
            report.error = LoopmartError(f"cannot write into {self._landing}: {error}. Make it writable, and make room")
        return report

    # -- what to fetch --------------------------------------------------------------------------------

    def _choose(self, files: list[RemoteFile]) -> list[_Candidate]:
        chosen = []
        for file in files:
            if file.fault is None and not is_wanted(file.relative, self._pull.patterns):
                continue
            self._report.listed += 1
            try:
                candidate = self._judge(file)
            except _LeftOut as reason:
                self._report.skipped.append((file.relative, str(reason)))
                continue
            version = (candidate.sender_id, candidate.url, file.size_bytes, file.modified_at)
            if version in self._known:
                self._report.unchanged += 1
            else:
                chosen.append(candidate)
        return chosen

    def _judge(self, file: RemoteFile) -> _Candidate:
        if file.fault:
            raise _LeftOut(file.fault)
        path = PurePosixPath(file.relative)
        if is_unfinished(path.name):
            raise _LeftOut(f"by its name {STILL_WRITTEN}")
        if not file.size_bytes:
            raise _LeftOut(f"empty, so {STILL_WRITTEN}")
        sender_id = self._pull.sender_id
        if sender_id == SENDER_FOLDER:
            sender_id, path = path.parts[0], PurePosixPath(*path.parts[1:])
            if not path.parts:
                raise _LeftOut("it lies in no folder that names its sender")
            if sender_id not in self._senders:
                raise _LeftOut(f"there is no sender {sender_id} in stores.csv; add a line, or rename the folder")
        url = f"{self._pull.origin}/{file.relative}"
        return _Candidate(file, sender_id, url, PurePosixPath(sender_id, self._pull.name) / path)

    # -- fetching -------------------------------------------------------------------------------------

    def _fetch_all(self, remote: Remote, candidates: list[_Candidate]) -> None:
        """Fetch what a second listing shows unchanged; what grew in between is still being written."""
        time.sleep(self._pull.settle_seconds)
        now = {file.path: file for file in remote.list_files()}
        for number, candidate in enumerate(candidates, start=1):
            try:
                if (second := now.get(candidate.file.path)) != candidate.file:
                    raise _LeftOut(STILL_WRITTEN if second else GONE)
                self._fetch(remote, candidate)
            except _LeftOut as reason:
                self._report.skipped.append((candidate.file.relative, str(reason)))
            if number % REPORT_EVERY == 0:
                log.info("pull %s: %s of %s files", self._pull.name, f"{number:,}", f"{len(candidates):,}")

    def _fetch(self, remote: Remote, candidate: _Candidate) -> None:
        self._landing.mkdir(parents=True, exist_ok=True)
        aside = self._landing / f"{ASIDE}{secrets.token_hex(8)}"
        aside.touch()
        try:
            digest = _download(remote, candidate.file, aside)
            known = self._state.find_bytes(candidate.sender_id, digest)
            place = known or place_file(aside, self._landing, candidate.target, candidate.file.modified_at, digest)
        except NameTaken as taken:
            raise _LeftOut(str(taken)) from taken
        finally:
            aside.unlink(missing_ok=True)
        self._state.record(self._pull.name, candidate.sender_id, candidate.url, candidate.file, digest, place)
        if known:
            self._report.known_bytes.append((candidate.file.relative, known))
        else:
            self._report.new.append(place)


def _download(remote: Remote, file: RemoteFile, aside: Path) -> str:
    """Download whole and durable; returns the SHA-256 of the bytes.

    Raises:
        _LeftOut: the file is gone, must not be read, or changed in the meantime.
    """
    try:
        remote.fetch(file, aside)
        after = remote.look_again(file)
    except FileNotFoundError as error:
        raise _LeftOut(GONE) from error
    except PermissionError as error:
        raise _LeftOut("the server does not let it be read; have its rights set") from error
    if (after.size_bytes, after.modified_at) != (file.size_bytes, file.modified_at):
        raise _LeftOut(STILL_WRITTEN)
    if (came := aside.stat().st_size) != file.size_bytes:
        raise _LeftOut(f"{came:,} of {file.size_bytes:,} bytes came; left for the next pull")
    sync(aside)
    return hash_file(aside)


def _sweep(landing: Path) -> None:
    """Remove what a killed pull left; nobody else writes under such a name while the lock is held."""
    for aside in landing.glob(f"{ASIDE}*"):
        aside.unlink()
