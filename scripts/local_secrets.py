"""The secrets of an installation: each made once, and kept where only their owner can read them."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

WEAK_PASSWORDS = frozenset({"admin", "airflow", "password", "loopmart", "changeme", "change-me"})


class SecretError(RuntimeError):
    """A secret that is missing, or that anybody would guess."""


def make_fernet_key() -> str:
    """A key as `cryptography.fernet` wants it: 32 random bytes, URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


SECRETS: dict[str, Callable[[], str]] = {
    "AIRFLOW__API_AUTH__JWT_SECRET": lambda: secrets.token_hex(32),
    "AIRFLOW__API__SECRET_KEY": lambda: secrets.token_hex(32),
    "AIRFLOW__CORE__FERNET_KEY": make_fernet_key,
    "POSTGRES_PASSWORD": lambda: secrets.token_hex(24),
    "LOOPMART_ADMIN_PASSWORD": lambda: secrets.token_urlsafe(15),
}


def write_private(path: Path, text: str) -> None:
    """Replace a file that nobody else may read, in one step."""
    aside = path.with_name(f"{path.name}.new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
    aside.replace(path)


def keep_secrets(path: Path) -> dict[str, str]:
    """The secrets in the JSON file `path`; those that it lacks are made and added."""
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    complete = {name: kept.get(name) or make() for name, make in SECRETS.items()}
    if complete != kept:
        write_private(path, json.dumps(complete, indent=1))
    return complete


def write_passwords(path: Path, user: str, password: str) -> None:
    """Give SimpleAuthManager its user beforehand, else it makes a password up and prints it.

    Raises:
        SecretError: a password that anybody would guess.
    """
    if len(password) < 8 or password.lower() in {*WEAK_PASSWORDS, user.lower()}:
        raise SecretError("LOOPMART_ADMIN_PASSWORD is missing or easy to guess: take 8 characters or more")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, json.dumps({user: password}))


def write_env_file(example: Path, path: Path) -> None:
    """Write `path`, for docker-compose.yml, as `example` with fresh secrets in its empty places.

    Raises:
        SecretError: `path` exists.
    """
    if path.exists():
        raise SecretError(f"{path} exists and its secrets may be in use: it stays as it is")
    lines = []
    for line in example.read_text().splitlines():
        name, equals, value = line.partition("=")
        lines.append(line + SECRETS[name]() if name in SECRETS and equals and not value else line)
    write_private(path, "\n".join(lines) + "\n")
