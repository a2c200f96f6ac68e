"""pulls.yaml: from which servers files are fetched, for whom, and where the credentials are found."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from loopmart.contracts.parse import Strict, parse_contract
from loopmart.errors import ContractError
from loopmart.settings import Settings

SENDER_FOLDER = "{sender}"
"""As `sender_id`: the sender is the first folder of a file's path."""
SFTP_PORT = 22
SFTP_KEYS = {"host_keys", "known_hosts", "key_file", "passphrase_env", "password_env"}
S3_KEYS = {"endpoint", "region", "access_key_env", "secret_key_env", "session_token_env"}
_SECRET_KEY = re.compile(r"passw|passphrase|secret|token|access_key|private_key|credential", re.IGNORECASE)
_SECRET_TEXT = re.compile(r"PRIVATE KEY|^A[KS]IA[0-9A-Z]{16}$")


def _check_variable(name: str) -> str:
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name) or _SECRET_TEXT.search(name):
        raise ValueError("write the NAME of an environment variable, such as SHOP_PASSWORD, not the secret itself")
    return name


Variable = Annotated[str, AfterValidator(_check_variable)]


class Pull(Strict):
    """One entry of pulls.yaml: a folder on an SFTP server, or a prefix of a bucket.

    `sender_id` is one of stores.csv, or `{sender}` where the first folder of each path names the sender. A file is
    fetched if one of `patterns` fits the end of its path. `settle_seconds` lie between the first look at a new file
    and its download; one at least, because servers give times in whole seconds.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)
    url: str
    sender_id: str
    patterns: list[str] = Field(default=["*"], min_length=1)
    settle_seconds: float = Field(default=5, ge=1, le=600)
    host_keys: list[Annotated[str, Field(pattern=r"^SHA256:[A-Za-z0-9+/]{43}$")]] = []
    known_hosts: Path | None = None
    key_file: Path | None = None
    passphrase_env: Variable | None = None
    password_env: Variable | None = None
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key_env: Variable | None = None
    secret_key_env: Variable | None = None
    session_token_env: Variable | None = None

    @model_validator(mode="before")
    @classmethod
    def _refuse_secrets(cls, raw: Any) -> Any:
        if isinstance(raw, dict):
            for key, value in raw.items():
                if key not in cls.model_fields and _SECRET_KEY.search(str(key)):
                    raise ValueError(
                        f"{key}: this file is no place for a secret. Take it out, put it into an environment variable "
                        "and write the variable's name: password_env, passphrase_env, access_key_env or secret_key_env"
                    )
                if isinstance(value, str) and _SECRET_TEXT.search(value) and not key.endswith("_env"):
                    raise ValueError(f"{key}: its value is a secret by its form. Take it out and change it")
        return raw

    @field_validator("known_hosts", "key_file")
    @classmethod
    def _expand_home(cls, path: Path | None) -> Path | None:
        return path and path.expanduser()

    @field_validator("url", "endpoint")
    @classmethod
    def _refuse_password(cls, url: str | None) -> str | None:
        parts = urlsplit(url or "")
        if parts.password is not None:
            raise ValueError("the URL holds a password. Take it out, change it, and name a variable in password_env")
        if parts.query or parts.fragment:
            raise ValueError("write the URL without ? and #; what is fetched stands in `patterns`")
        return url

    @model_validator(mode="after")
    def _check_scheme(self) -> Pull:
        if self.scheme == "sftp":
            self._check_sftp()
        elif self.scheme == "s3":
            self._check_s3()
        else:
            raise ValueError("url: write sftp://user@host:port/folder or s3://bucket/prefix")
        return self

    def _check_sftp(self) -> None:
        self._refuse_keys(S3_KEYS)
        try:
            complete = bool(self.user and self.host and self.port)
        except ValueError:
            complete = False
        if not complete:
            raise ValueError("url: write sftp://user@host:port/folder; :port may be left out")
        if not self.host_keys and self.known_hosts is None:
            raise ValueError(
                "say by what the server is known: host_keys with its fingerprint (SHA256:…, from the server's "
                "administrator) or known_hosts with a file"
            )
        if self.key_file is None and self.password_env is None:
            raise ValueError("say how to log in: key_file or password_env")

    def _check_s3(self) -> None:
        self._refuse_keys(SFTP_KEYS)
        if not self._parts.netloc or self._parts.username:
            raise ValueError("url: write s3://bucket/prefix; the server of another provider stands in `endpoint`")
        if self.endpoint and not re.fullmatch(r"https?://[^/@]+/?", self.endpoint):
            raise ValueError("endpoint: write https://host:port")
        if bool(self.access_key_env) != bool(self.secret_key_env):
            raise ValueError("name both access_key_env and secret_key_env, or neither where the machine has a role")

    def _refuse_keys(self, others: set[str]) -> None:
        if wrong := sorted(others & self.model_fields_set):
            raise ValueError(f"{', '.join(wrong)}: not for a URL that begins with {self.scheme}://")

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def scheme(self) -> str:
        """sftp or s3."""
        return self._parts.scheme

    @property
    def host(self) -> str:
        """Name or address of the SFTP server."""
        return self._parts.hostname or ""

    @property
    def port(self) -> int:
        """Its port."""
        return self._parts.port or SFTP_PORT

    @property
    def user(self) -> str:
        """Who logs in there."""
        return self._parts.username or ""

    @property
    def root(self) -> str:
        """Where to begin: a folder of the server, or bucket and prefix."""
        path = self._parts.path.rstrip("/")
        return (path or "/") if self.scheme == "sftp" else self._parts.netloc + path

    @property
    def origin(self) -> str:
        """The URL without the user, by which a file is known whoever fetches it."""
        if self.scheme == "sftp":
            return f"sftp://{self.host}:{self.port}{self.root.rstrip('/')}"
        return f"{self.endpoint.rstrip('/') if self.endpoint else 's3:/'}/{self.root}"

    @property
    def secret_variables(self) -> list[str]:
        """The environment variables that it needs."""
        names = (
            self.passphrase_env,
            self.password_env,
            self.access_key_env,
            self.secret_key_env,
            self.session_token_env,
        )
        return [name for name in names if name]


class _PullsFile(Strict):
    pulls: list[Pull]


def load_pulls(settings: Settings, sender_ids: Collection[str]) -> dict[str, Pull]:
    """The pulls of this installation by name; none where there is no file.

    Args:
        sender_ids: those of stores.csv.

    Raises:
        ContractError: with the file, the place in it and what is wrong there.
    """
    path = settings.pulls_file
    if not path.exists():
        return {}
    pulls: dict[str, Pull] = {}
    for number, pull in enumerate(parse_contract(_PullsFile, path).pulls):
        if pull.name in pulls:
            raise ContractError(f"{path}: pulls.{number}.name: {pull.name} stands there twice")
        if pull.sender_id != SENDER_FOLDER and pull.sender_id not in sender_ids:
            raise ContractError(
                f"{path}: pulls.{number}.sender_id: {pull.sender_id!r} is not in {settings.stores_file}; add it there, "
                f'or write "{SENDER_FOLDER}" where the first folder of a path is the sender'
            )
        pulls[pull.name] = pull
    return pulls
