"""S3 and what speaks like it, through fsspec over the client that comes with pyarrow.

Imported when a bucket is pulled from: the client takes a while to load.
"""

from __future__ import annotations

import os
import re
from typing import Any

import pyarrow as pa
from fsspec.implementations.arrow import ArrowFSWrapper
from pyarrow import fs as arrow_fs

from loopmart.errors import LoopmartError, RemoteUnavailable
from loopmart.pull.config import Pull
from loopmart.pull.remote import ANSWER_SECONDS, CONNECT_SECONDS, Connection, hide_secrets

ERRORS: tuple[type[Exception], ...] = (OSError, pa.ArrowException)
REFUSED = re.compile(
    r"AWS Error (ACCESS_DENIED|INVALID_ACCESS_KEY_ID|SIGNATURE_DOES_NOT_MATCH|INVALID_CLIENT_TOKEN_ID)"
)
REQUEST_ID = re.compile(r" \(Request ID: [^)]*\)")


def connect_s3(pull: Pull) -> Connection:
    """A client of the pull's bucket; nothing is asked of the server yet."""
    settings: dict[str, Any] = {
        "region": pull.region,
        "connect_timeout": CONNECT_SECONDS,
        "request_timeout": ANSWER_SECONDS,
    }
    if pull.endpoint:
        settings["scheme"], _, host = pull.endpoint.rstrip("/").partition("://")
        settings["endpoint_override"] = host
    if pull.access_key_env and pull.secret_key_env:
        settings["access_key"] = os.environ[pull.access_key_env]
        settings["secret_key"] = os.environ[pull.secret_key_env]
        settings["session_token"] = os.environ.get(pull.session_token_env or "")
    fs = ArrowFSWrapper(arrow_fs.S3FileSystem(**settings), skip_instance_cache=True)
    return Connection(fs, ERRORS, lambda error: explain_error(pull, error), lambda: None, empty_is_missing=True)


def explain_error(pull: Pull, error: Exception) -> LoopmartError:
    """What an error of the server means, and what to do; final unless a later try may succeed."""
    said = hide_secrets(pull, REQUEST_ID.sub("", str(error)))
    if REFUSED.search(said):
        where = f"the keys in {pull.access_key_env} and {pull.secret_key_env}" if pull.access_key_env else "our role"
        return LoopmartError(
            f"the server refuses {where}: {said}. They need the rights to list and to read; renew them"
        )
    if "NO_SUCH_BUCKET" in said:
        return LoopmartError(f"there is no such bucket: {said}. Correct the url or the endpoint")
    return RemoteUnavailable(
        f"no answer, or the connection broke: {said}. See that the endpoint is right and this machine's network "
        "reaches it; what was not fetched is fetched by the next pull"
    )
