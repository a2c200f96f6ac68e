from __future__ import annotations

import hashlib
import hmac
import stat
from pathlib import Path

import duckdb
import pytest

from loopmart.errors import ContractError
from loopmart.ingest.tokens import load_token_key, token_sql
from loopmart.ledger.store import Ledger

KEY = bytes(range(32))


@pytest.mark.parametrize("key", [KEY, b"k" * 64])
@pytest.mark.parametrize("card", ["VIP0000900", "会员 12", "a'b"])
def test_a_token_is_the_hmac_of_the_standard_library(key: bytes, card: str) -> None:
    found = duckdb.execute(f"select {token_sql(key, 'vip_card', 'x')} from (select ? as x)", [card]).fetchone()
    assert found == (hmac.new(key, f"vip_card|{card.upper()}".encode(), hashlib.sha256).hexdigest()[:32],)


def test_no_identifier_gives_no_token() -> None:
    assert duckdb.sql(f"select {token_sql(KEY, 'vip_card', 'null::varchar')}").fetchone() == (None,)


def test_the_same_digits_of_two_types_never_meet() -> None:
    phone, card = (token_sql(KEY, kind, "'138'") for kind in ("phone", "vip_card"))
    assert duckdb.sql(f"select {phone} = {card}").fetchone() == (False,)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")


def test_the_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path, ledger: Ledger) -> None:
    path = tmp_path / "keys" / "token.key"
    assert load_token_key(path, ledger) == load_token_key(path, ledger)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_lost_key_is_not_replaced_in_silence(tmp_path: Path, ledger: Ledger) -> None:
    path = tmp_path / "token.key"
    load_token_key(path, ledger)
    path.unlink()
    with pytest.raises(ContractError, match="not the key with which earlier files were read"):
        load_token_key(path, ledger)


def test_a_short_key_is_refused(tmp_path: Path, ledger: Ledger) -> None:
    (tmp_path / "key").write_text("00ff")
    with pytest.raises(ContractError, match="at least 32 bytes"):
        load_token_key(tmp_path / "key", ledger)
