"""Tokens: identifiers of people leave the first hop only as keyed hashes.

HMAC-SHA-256 (RFC 2104) with a key outside the project, cut to 128 bits. The same identifier gives the same
token in every feed, so rows still meet; without the key nobody can go back or try numbers.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

import duckdb
import pyarrow as pa

from loopmart.errors import ContractError
from loopmart.ledger.store import Ledger

REMEMBERED = 1 << 20
"""How many identifiers a tokeniser remembers before it starts anew; bounds its memory."""
TOKEN_HEX = 32


def load_token_key(path: Path, ledger: Ledger) -> bytes:
    """The installation's key; made on first use, readable by its owner alone.

    Raises:
        ContractError: the file holds fewer than 32 bytes of key, or another key than the one that this ledger's
            files were read with: under it every customer would become a second person.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(f".{os.getpid()}")
        aside.touch(mode=0o600)
        aside.write_text(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
        aside.unlink()
    key = bytes.fromhex(path.read_text().strip())
    if len(key) < 32:
        raise ContractError(f"{path}: the token key must be at least 32 bytes in hex")
    fingerprint = hashlib.sha256(b"token key|" + key).hexdigest()
    if ledger.hold_to("token_key_sha256", fingerprint) != fingerprint:
        raise ContractError(
            f"{path}: this is not the key with which earlier files were read, so every customer would become a second "
            "member. Put the key back from its backup; if it is lost, see docs/runbooks/token-key.md"
        )
    return key


def tokenise(key: bytes, identifier_type: str, text: str) -> str:
    """The token of an identifier: 32 hex digits.

    An identifier is compared without case and surrounding space. Its type is hashed with it, so that a card
    number never meets a phone number of the same digits.
    """
    message = f"{identifier_type}|{text.strip(' ').upper()}".encode()
    return hmac.digest(key, message, "sha256").hex()[:TOKEN_HEX]


class Tokeniser:
    """Tokens by text, remembered over batches, so that an identifier is hashed once however many lines carry it."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[tuple[str, str], str] = {}

    def make_table(self, engine: duckdb.DuckDBPyConnection, table: str, identifier_type: str, texts: str) -> None:
        """Make the temporary table (text, token) of the identifiers that the query `texts` gives in a column `text`."""
        found = [text for (text,) in engine.execute(texts).fetchall() if text is not None]
        tokens = [self._token(identifier_type, text) for text in found]
        columns = pa.table({"text": pa.array(found, pa.string()), "token": pa.array(tokens, pa.string())})
        engine.register(f"{table}_arrow", columns)
        engine.execute(f"create or replace temp table {table} as from {table}_arrow")
        engine.unregister(f"{table}_arrow")

    def _token(self, kind: str, text: str) -> str:
        token = self._known.get((kind, text))
        if token is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            token = self._known[kind, text] = tokenise(self._key, kind, text)
        return token
