"""SFTP through fsspec and paramiko; a server is talked to only when its host key is one that we know.

Imported when an SFTP server is pulled from: paramiko takes a while to load.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

from loopmart.errors import LoopmartError, RemoteUnavailable
from loopmart.pull.config import SFTP_PORT, Pull
from loopmart.pull.remote import ANSWER_SECONDS, CONNECT_SECONDS, Connection, hide_secrets

ERRORS: tuple[type[Exception], ...] = (OSError, EOFError, UnicodeDecodeError, paramiko.SSHException, paramiko.SFTPError)
KEY_TYPES = {
    "ssh-ed25519": ["ssh-ed25519"],
    "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
    "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
    "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
    "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
}
"""Types of keys in a known_hosts file, and the algorithms that prove one (RFC 8332 for RSA)."""


class _KnownKeyOnly(paramiko.MissingHostKeyPolicy):
    """Asked about the key of every server, for the client itself is told of none."""

    def __init__(self, pull: Pull, known: paramiko.HostKeys | None) -> None:
        self._pull = pull
        self._known = known

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Refuse a key that is in neither list.

        Raises:
            LoopmartError: with the fingerprint that the server showed.
        """
        if key.fingerprint in self._pull.host_keys or (self._known and self._known.check(hostname, key)):
            return
        raise LoopmartError(
            f"the server's host key is not one we know: it shows {key.get_name()} {key.fingerprint}. It may be another "
            "server. Ask its administrator for the fingerprint by another way; if it is this one, add it to host_keys"
        )


def connect_sftp(pull: Pull) -> Connection:
    """Log in at an SFTP server.

    Raises:
        LoopmartError: its host key is unknown, or it refuses the user; RemoteUnavailable if it does not answer.
    """
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # it logs the stack of what we explain
    known = paramiko.HostKeys(str(_readable(pull.known_hosts))) if pull.known_hosts else None
    try:
        fs = SFTPFileSystem(
            pull.host,
            port=pull.port,
            username=pull.user,
            password=os.environ.get(pull.password_env or ""),
            pkey=_load_key(pull),
            host_key_policy=_KnownKeyOnly(pull, known),
            disabled_algorithms={"keys": _find_unknown_types(pull, known)},
            allow_agent=False,
            look_for_keys=False,
            timeout=CONNECT_SECONDS,
            banner_timeout=CONNECT_SECONDS,
            auth_timeout=CONNECT_SECONDS,
            skip_instance_cache=True,
        )
    except ERRORS as error:
        raise explain_error(pull, error) from error
    fs.ftp.get_channel().settimeout(ANSWER_SECONDS)
    return Connection(fs, ERRORS, lambda error: explain_error(pull, error), fs.client.close)


def explain_error(pull: Pull, error: Exception) -> LoopmartError:
    """What an error of the server means, and what to do; final unless a later try may succeed."""
    said = hide_secrets(pull, str(error) or type(error).__name__)
    if isinstance(error, paramiko.AuthenticationException):
        how = f"the key {pull.key_file}" if pull.key_file else f"the password in {pull.password_env}"
        return LoopmartError(f"the server does not let {pull.user} in with {how}: {said}. Renew it on both sides")
    if isinstance(error, FileNotFoundError):
        return LoopmartError(f"there is no folder {pull.root} on the server. Correct the url, or make the folder")
    if isinstance(error, PermissionError):
        return LoopmartError(f"{pull.user} may not read everything below {pull.root}. Have the server's rights set")
    if isinstance(error, UnicodeDecodeError):
        return LoopmartError(f"a name below {pull.root} is not UTF-8: {said}. Have the server or the file renamed")
    return RemoteUnavailable(
        f"no answer, or the connection broke: {said}. See that the server runs and this machine's network reaches it; "
        "what was not fetched is fetched by the next pull"
    )


def _readable(path: Path) -> Path:
    if not os.access(path, os.R_OK):
        raise LoopmartError(f"cannot read {path}. Put the file there, readable for the user that pulls")
    return path


def _load_key(pull: Pull) -> paramiko.PKey | None:
    if pull.key_file is None:
        return None
    passphrase = os.environ[pull.passphrase_env].encode() if pull.passphrase_env else None
    try:
        return paramiko.PKey.from_path(_readable(pull.key_file), passphrase)  # type: ignore[arg-type]  # bytes
    except (ValueError, TypeError, paramiko.SSHException, paramiko.pkey.UnknownKeyType) as error:
        how = f"the passphrase in {pull.passphrase_env}" if pull.passphrase_env else "no passphrase"
        raise LoopmartError(
            f"the key {pull.key_file} does not open with {how}. Name the right variable in passphrase_env (none for a "
            "key without one); a key that `ssh-keygen -t ed25519` makes is of the right form"
        ) from error


def _find_unknown_types(pull: Pull, known: paramiko.HostKeys | None) -> list[str]:
    """The algorithms by which a server would show a key that known_hosts does not have, though it has another."""
    host = pull.host if pull.port == SFTP_PORT else f"[{pull.host}]:{pull.port}"
    entry = known.lookup(host) if known else None
    if not entry or pull.host_keys:
        return []
    return [algorithm for kind, algorithms in KEY_TYPES.items() if kind not in entry for algorithm in algorithms]
