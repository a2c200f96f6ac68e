from __future__ import annotations

import hashlib
import hmac
import stat
from pathlib import Path

import duckdb
import pytest

from loopmart.errors import ContractError
from loopmart.ingest.tokens import Tokeniser, load_token_key, tokenise
from loopmart.ledger.store import Ledger

KEY = bytes(range(32))


def tokens_of(kind: str, texts: list[str | None], key: bytes = KEY) -> list[str | None]:
    with duckdb.connect() as engine:
        engine.execute("create table ids as select unnest(?::varchar[]) as text", [texts])
        Tokeniser(key).make_table(engine, "tokens", kind, "select distinct text from ids")
        rows = engine.execute("select token from ids left join tokens using (text) order by ids.rowid").fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("key", [KEY, b"k" * 64])
@pytest.mark.parametrize("card", ["VIP0000900", "会员 12", "a'b"])
def test_a_token_is_the_hmac_of_the_standard_library(key: bytes, card: str) -> None:
    digest = hmac.new(key, f"vip_card|{card.upper()}".encode(), hashlib.sha256).hexdigest()[:32]
    assert tokens_of("vip_card", [card, f" {card.lower()} ", card], key) == [digest] * 3


def test_no_identifier_gives_no_token() -> None:
    assert tokens_of("vip_card", [None, None]) == [None, None]
    assert tokens_of("vip_card", [None, "1"])[0] is None


def test_a_tokeniser_that_has_to_forget_gives_the_same_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = [f"VIP{n % 50}" for n in range(10_000)]
    expected = [tokenise(KEY, "vip_card", card) for card in cards]
    monkeypatch.setattr("loopmart.ingest.tokens.REMEMBERED", 7)
    assert tokens_of("vip_card", list(cards)) == expected


def test_the_same_digits_of_two_types_never_meet() -> None:
    assert tokens_of("phone", ["138"]) != tokens_of("vip_card", ["138"])


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
