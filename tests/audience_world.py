"""Marts as far as audiences ask them, published from tokens: for tests that need members without a night."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import duckdb

from loopmart.ingest.tokens import tokenise
from loopmart.settings import Settings
from tests.conftest import TOKEN_KEY

TYPES = {"phone": "phone", "vip_card": "vip_card", "wechat_openid": "payer"}


def make_token(identifier_type: str, text: str) -> str:
    """The token that ingest makes of an identifier."""
    return tokenise(bytes.fromhex(TOKEN_KEY), TYPES[identifier_type], text)


def publish_members(
    settings: Settings,
    members: Mapping[str, Mapping[str, Any]],
    identifiers: Iterable[tuple[str, str, str]],
    touches: Iterable[tuple[str, str | None, date, str, str]] = (),
) -> None:
    """Publish members, each with columns of `marts.members`, and who is behind which token.

    Args:
        members: by id; sms_consent_status and wechat_consent_status are unknown where not given.
        identifiers: (member_id, type, token).
        touches: (member_id, campaign_id, day, kind, status).
    """
    settings.serving_dir.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.serving_dir / "marts.duckdb")) as marts:
        marts.execute(
            """
            create or replace table members (member_id varchar, lapse_status varchar, sms_consent_status varchar,
                sms_consent_date date, wechat_consent_status varchar, wechat_consent_date date);
            create or replace table member_identifiers (identifier_type varchar, issuer varchar,
                identifier_token varchar, member_id varchar, first_seen_at timestamp, valid_from_date date,
                valid_to_date date, status varchar);
            create or replace table campaign_touches (touch_id varchar, campaign_id varchar, member_id varchar,
                touched_at timestamp, kind varchar, status varchar)
            """
        )
        for member_id, known in members.items():
            row = {"sms_consent_status": "unknown", "wechat_consent_status": "unknown", **known}
            marts.execute(
                "insert into members values (?, 'lapsed', ?, ?, ?, ?)",
                [member_id, row["sms_consent_status"], row.get("sms_consent_date"), row["wechat_consent_status"],
                 row.get("wechat_consent_date")],
            )  # fmt: skip
        for member_id, kind, token in identifiers:
            marts.execute(
                "insert into member_identifiers values (?, '', ?, ?, '2026-01-01', null, null, 'active')",
                [kind, token, member_id],
            )
        for number, (member_id, campaign_id, day, kind, status) in enumerate(touches):
            row = [f"T{number}", campaign_id, member_id, day, kind, status]
            marts.execute("insert into campaign_touches values (?, ?, ?, ?, ?, ?)", row)
