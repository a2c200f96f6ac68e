"""A server as the pull sees it, whatever it speaks: a listing, a second look, a download."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loopmart.errors import LoopmartError, RemoteUnavailable
from loopmart.pull.config import Pull
from loopmart.pull.names import find_fault

log = logging.getLogger(__name__)

CONNECT_SECONDS = 20
ANSWER_SECONDS = 120
FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True)
class RemoteFile:
    """A file as a listing shows it.

    Args:
        path: as the server knows it.
        relative: below the root of the pull.
        size_bytes: its size.
        modified_at: UTC, without a zone; 1970 for what has no time.
        fault: why it is left alone, None if it may be fetched.
    """

    path: str
    relative: str
    size_bytes: int
    modified_at: datetime
    fault: str | None = None


@dataclass(frozen=True)
class Connection:
    """An open connection: an fsspec file system, what it raises, what that means, and how to end it.

    `empty_is_missing` where there are no folders: a prefix below which nothing lies yet is not found.
    """

    fs: Any
    errors: tuple[type[Exception], ...]
    explain: Callable[[Exception], LoopmartError]
    close: Callable[[], None]
    empty_is_missing: bool = False


class Remote:
    """One pull's server; every error of it is a LoopmartError that says what to do."""

    def __init__(self, pull: Pull, connection: Connection) -> None:
        self._pull = pull
        self._connection = connection

    def list_files(self) -> list[RemoteFile]:
        """All files below the root in the order of their names; links are listed with a fault, never followed."""
        try:
            with self._explained(FileNotFoundError):
                return list(self._walk(self._pull.root, ""))
        except FileNotFoundError as error:
            if self._connection.empty_is_missing:
                log.warning("pull %s: nothing lies below %s", self._pull.name, self._pull.url)
                return []
            raise self._connection.explain(error) from error

    def look_again(self, file: RemoteFile) -> RemoteFile:
        """The same file as it is now.

        Raises:
            FileNotFoundError: it is gone.
        """
        with self._explained(FileNotFoundError):
            return _describe(self._connection.fs.info(file.path), file.relative)

    def fetch(self, file: RemoteFile, target: Path) -> None:
        """Download the file.

        Raises:
            FileNotFoundError: it is gone.
            PermissionError: the server does not let it be read.
        """
        with self._explained(FileNotFoundError, PermissionError):
            self._connection.fs.get_file(file.path, str(target))

    def _walk(self, folder: str, above: str) -> Iterator[RemoteFile]:
        entries = self._connection.fs.ls(folder, detail=True)
        for entry in sorted(entries, key=lambda entry: str(entry["name"])):
            name = entry["name"].removeprefix(folder.rstrip("/") + "/")
            fault = find_fault(name)
            if entry["type"] == "directory" and fault is None:
                yield from self._walk(entry["name"], f"{above}{name}/")
            else:
                yield _describe(entry, above + name, fault)

    @contextmanager
    def _explained(self, *passed: type[OSError]) -> Iterator[None]:
        try:
            yield
        except self._connection.errors as error:
            number = getattr(error, "errno", None)
            if isinstance(error, passed):
                raise
            if number in FULL:
                raise RemoteUnavailable(f"the disk of landing is full ({os.strerror(number)}). Make room") from error
            raise self._connection.explain(error) from error


@contextmanager
def open_remote(pull: Pull) -> Iterator[Remote]:
    """The server of a pull, logged in.

    Raises:
        LoopmartError: the server or a credential is wrong; RemoteUnavailable where a later try may succeed.
    """
    for name in pull.secret_variables:
        if not os.environ.get(name):
            raise LoopmartError(
                f"the environment variable {name} is not set. Set it to the secret that pulls.yaml means"
            )
    connection = _connect(pull)
    try:
        yield Remote(pull, connection)
    finally:
        connection.close()


def _connect(pull: Pull) -> Connection:
    if pull.scheme == "sftp":
        from loopmart.pull.sftp import connect_sftp

        return connect_sftp(pull)
    from loopmart.pull.object_store import connect_s3

    return connect_s3(pull)


def hide_secrets(pull: Pull, text: str) -> str:
    """A server's own words, without any secret that we sent it."""
    for name in pull.secret_variables:
        text = text.replace(os.environ.get(name) or name, "***")
    return text


def _describe(entry: dict[str, Any], relative: str, fault: str | None = None) -> RemoteFile:
    modified = entry.get("mtime")
    if fault is None and entry["type"] == "link":
        fault = "a symbolic link: links are not followed"
    elif fault is None and (entry["type"] != "file" or modified is None):
        fault = "neither a file nor a folder"
    return RemoteFile(
        path=entry["name"],
        relative=relative,
        size_bytes=entry["size"] or 0,
        modified_at=(modified or datetime.fromtimestamp(0, UTC)).astimezone(UTC).replace(tzinfo=None),
        fault=fault,
    )
