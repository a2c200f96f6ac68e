"""What a server says is passed on without the secrets that it was sent."""

from __future__ import annotations

import paramiko
import pytest

from loopmart.errors import RemoteUnavailable
from loopmart.pull import object_store, sftp
from loopmart.pull.config import Pull

SHOP = Pull(
    name="shop",
    url="sftp://jo@files.example.com/out",
    sender_id="S00102",
    host_keys=["SHA256:" + "A" * 43],
    password_env="SHOP_PASSWORD",
)
TILLS = Pull(
    name="tills",
    url="s3://bucket/daily",
    sender_id="{sender}",
    access_key_env="TILLS_ACCESS_KEY",
    secret_key_env="TILLS_SECRET_KEY",
)


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SHOP_PASSWORD", "TILLS_ACCESS_KEY", "TILLS_SECRET_KEY"):
        monkeypatch.setenv(name, f"hunter-of-{name}")


@pytest.mark.parametrize(
    ("pull", "raised"),
    [
        (SHOP, paramiko.AuthenticationException("no: hunter-of-SHOP_PASSWORD")),
        (SHOP, paramiko.SSHException("what is hunter-of-SHOP_PASSWORD")),
        (TILLS, OSError("AWS Error ACCESS_DENIED: hunter-of-TILLS_ACCESS_KEY")),
        (TILLS, OSError("AWS Error NETWORK_CONNECTION: hunter-of-TILLS_SECRET_KEY")),
    ],
)
def test_a_server_that_repeats_a_secret_is_not_quoted_with_it(pull: Pull, raised: Exception) -> None:
    explain = sftp.explain_error if pull is SHOP else object_store.explain_error
    error = str(explain(pull, raised))
    assert "***" in error
    assert "hunter" not in error


def test_only_what_may_pass_is_tried_again() -> None:
    assert isinstance(sftp.explain_error(SHOP, EOFError()), RemoteUnavailable)
    assert isinstance(sftp.explain_error(SHOP, TimeoutError()), RemoteUnavailable)
    assert not isinstance(sftp.explain_error(SHOP, FileNotFoundError()), RemoteUnavailable)
    assert not isinstance(object_store.explain_error(TILLS, OSError("AWS Error NO_SUCH_BUCKET")), RemoteUnavailable)
