"""pulls.yaml is strict, holds no secret, and a message says what to write instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from loopmart.errors import ContractError
from loopmart.pull.config import Pull, load_pulls
from loopmart.settings import Settings
from tests.conftest import PROJECT

EXAMPLE = PROJECT / "contracts" / "pulls.yaml"
SENDERS = {"S00101", "S00102", "chain"}
SFTP = {
    "name": "shop",
    "url": "sftp://jo@files.example.com:2222/out/",
    "sender_id": "S00102",
    "host_keys": ["SHA256:" + "A" * 43],
    "password_env": "SHOP_PASSWORD",
}
S3 = {
    "name": "tills",
    "url": "s3://bucket/daily/",
    "sender_id": "{sender}",
    "access_key_env": "TILLS_ACCESS_KEY",
    "secret_key_env": "TILLS_SECRET_KEY",
}


def load(settings: Settings, *entries: dict[str, Any]) -> dict[str, Pull]:
    path = settings.home / "pulls.yaml"
    path.write_text(yaml.safe_dump({"pulls": list(entries)}), encoding="utf-8")
    return load_pulls(settings, SENDERS)


def read_refusal(settings: Settings, *entries: dict[str, Any]) -> str:
    with pytest.raises(ContractError) as refusal:
        load(settings, *entries)
    assert str(settings.home / "pulls.yaml") in str(refusal.value)
    return str(refusal.value)


def test_both_kinds_of_servers_are_read(settings: Settings) -> None:
    pulls = load(settings, SFTP, S3)
    shop, tills = pulls["shop"], pulls["tills"]
    assert (shop.scheme, shop.user, shop.host, shop.port) == ("sftp", "jo", "files.example.com", 2222)
    assert (shop.root, shop.origin) == ("/out", "sftp://files.example.com:2222/out")
    assert (tills.scheme, tills.root, tills.origin) == ("s3", "bucket/daily", "s3://bucket/daily")
    assert tills.secret_variables == ["TILLS_ACCESS_KEY", "TILLS_SECRET_KEY"]


def test_the_committed_list_is_empty_and_its_example_is_right(settings: Settings) -> None:
    assert load_pulls(settings, SENDERS) == {}
    commented = [line.removeprefix("#").removeprefix(" ") for line in EXAMPLE.read_text(encoding="utf-8").splitlines()]
    example = commented[commented.index("pulls:") : commented.index("pulls: []")]
    (settings.home / "pulls.yaml").write_text("\n".join(example), encoding="utf-8")
    assert list(load_pulls(settings, SENDERS)) == ["payment_bills", "tills"]


def test_the_list_of_the_installation_wins(settings: Settings) -> None:
    assert settings.pulls_file == EXAMPLE
    (settings.home / "pulls.yaml").write_text("pulls: []\n", encoding="utf-8")
    assert settings.pulls_file == settings.home / "pulls.yaml"


def test_an_installation_without_a_list_pulls_nothing(settings: Settings, tmp_path: Path) -> None:
    bare = Settings(settings.home, tmp_path, settings.ledger_url, settings.stores_file, settings.token_key_file)
    assert load_pulls(bare, SENDERS) == {}


def test_an_unknown_key_is_refused_with_file_and_place(settings: Settings) -> None:
    assert "pulls.1.colour: Extra inputs are not permitted" in read_refusal(settings, SFTP, S3 | {"colour": "red"})


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (SFTP | {"password": "hunter-2"}, "password: this file is no place for a secret"),
        (S3 | {"secret_access_key": "hunter-2"}, "secret_access_key: this file is no place for a secret"),
        (SFTP | {"url": "sftp://jo:hunter-2@files.example.com/"}, "the URL holds a password. Take it out, change it"),
        (S3 | {"endpoint": "https://jo:hunter-2@s3.example.com"}, "the URL holds a password"),
        (SFTP | {"password_env": "hunter-2"}, "write the NAME of an environment variable"),
        (S3 | {"access_key_env": "AK" + "IAHUNTER2HUNTER222"}, "write the NAME of an environment variable"),
        (
            SFTP | {"key_file": "-----BEGIN OPENSSH PRIVATE" + " KEY-----\nhunter-2"},
            "its value is a secret by its form",
        ),
    ],
)
def test_a_secret_is_refused_and_not_repeated(settings: Settings, entry: dict[str, Any], words: str) -> None:
    refusal = read_refusal(settings, entry)
    assert words in refusal
    assert "hunter" not in refusal.lower()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (SFTP | {"url": "ftp://files.example.com/out"}, "write sftp://user@host:port/folder or s3://bucket/prefix"),
        (SFTP | {"url": "sftp://files.example.com/out"}, "write sftp://user@host:port/folder"),
        (SFTP | {"url": "sftp://jo@files.example.com:x/out"}, "write sftp://user@host:port/folder"),
        (SFTP | {"url": "sftp://jo@files.example.com/out?x=1"}, "without ? and #"),
        (SFTP | {"host_keys": []}, "say by what the server is known"),
        (SFTP | {"host_keys": ["SHA256:short"]}, "should match pattern"),
        (SFTP | {"password_env": None}, "say how to log in"),
        (SFTP | {"region": "eu-west-1"}, "region: not for a URL that begins with sftp://"),
        (SFTP | {"settle_seconds": 0}, "greater than or equal to 1"),
        (SFTP | {"patterns": []}, "at least 1 item"),
        (SFTP | {"name": "../shop"}, "should match pattern"),
        (S3 | {"url": "s3:///daily"}, "write s3://bucket/prefix"),
        (S3 | {"endpoint": "storage.example.com"}, "write https://host:port"),
        (S3 | {"secret_key_env": None}, "name both access_key_env and secret_key_env"),
        (S3 | {"host_keys": SFTP["host_keys"]}, "host_keys: not for a URL that begins with s3://"),
        (S3 | {"sender_id": "S00199"}, "pulls.0.sender_id: 'S00199' is not in"),
    ],
)
def test_a_wrong_entry_is_refused_with_what_to_write(settings: Settings, entry: dict[str, Any], words: str) -> None:
    assert words in read_refusal(settings, entry)


def test_a_name_that_stands_twice_is_refused(settings: Settings) -> None:
    assert "pulls.1.name: shop stands there twice" in read_refusal(settings, SFTP, S3 | {"name": "shop"})
