"""Tokens: identifiers of people leave the first hop only as keyed hashes.

HMAC-SHA-256 (RFC 2104) with a key outside the project, cut to 128 bits. The same identifier gives the same
token in every feed, so rows still meet; without the key nobody can go back or try numbers.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from loopmart.errors import ContractError
from loopmart.ledger.store import Ledger

BLOCK_BYTES = 64
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


def token_sql(key: bytes, identifier_type: str, text: str) -> str:
    """SQL of the token of the identifier in the expression `text`; NULL stays NULL.

    An identifier is compared without case and surrounding space. Its type is hashed with it, so that a card
    number never meets a phone number of the same digits.
    """
    block = key.ljust(BLOCK_BYTES, b"\0")
    inner = bytes(b ^ 0x36 for b in block).hex()
    outer = bytes(b ^ 0x5C for b in block).hex()
    message = f"encode('{identifier_type}|' || upper(trim({text})))"
    digest = f"sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || {message})))"
    return f"left({digest}, {TOKEN_HEX})"
