"""Audiences as they are written down: one YAML each in `audiences/`, no code."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from loopmart.contracts.parse import Strict, parse_contract
from loopmart.errors import ContractError
from loopmart.settings import Settings

Channel = Literal["sms", "wechat", "card_list"]
Scalar = str | bool | int | float | date

IDENTIFIER_TYPES: dict[Channel, str] = {"sms": "phone", "wechat": "wechat_openid", "card_list": "vip_card"}
"""By which identifier a channel reaches a member."""
_COLUMN = re.compile(r"[a-z][a-z0-9_]*")


class Span(Strict):
    """Bounds of a column, both included."""

    min: Scalar | None = None
    max: Scalar | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> Span:
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        return self


class ContactCap(Strict):
    """At most so many contacts in so many days, that of the export itself not counted."""

    contacts: int = Field(ge=1)
    days: int = Field(ge=1, le=366)


class Audience(Strict):
    """One YAML of `audiences/`: whom a campaign reaches again, how, and who is left out.

    The members come from `sql`, a select over the published marts with a column member_id and, if one likes, a column
    reason; `getvariable('export_date')` is the day of the export. Or from `members`, conditions on columns of
    `marts.members`: a value, a list of values, or `{min: …, max: …}`. `reason` says in words why these, and stands
    beside each member for whom the select gives none. `consent: granted` asks for consent to the channel itself,
    `strict` also that no other channel was refused; a list of cards has no channel of its own: it asks for any
    consent, and that none was refused. `holdout_rate` of those who may be reached are not, and what they buy within
    `window_days` after the export is compared. `template_id` and `sign_name` are handed to the tool that sends.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    description: str
    campaign_id: str = Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=64)
    channel: Channel
    reason: str
    sql: str | None = None
    members: dict[str, Scalar | list[Scalar] | Span] = {}
    consent: Literal["granted", "strict"] = "granted"
    contact_cap: ContactCap
    holdout_rate: float = Field(gt=0, le=0.5)
    window_days: int = Field(ge=1, le=366)
    template_id: str = ""
    sign_name: str = ""

    @field_validator("members")
    @classmethod
    def _names_columns(cls, members: dict[str, Any]) -> dict[str, Any]:
        wrong = [name for name in members if not _COLUMN.fullmatch(name)]
        if wrong:
            raise ValueError(f"{wrong} are no names of columns of marts.members")
        return members

    @model_validator(mode="after")
    def _says_who_once(self) -> Audience:
        if bool(self.sql) == bool(self.members):
            raise ValueError("say who is meant by exactly one of sql and members")
        return self

    @property
    def select(self) -> str:
        """The select that gives the members: that of the YAML, or one made of its conditions."""
        if self.sql:
            return self.sql
        conditions = " and ".join(_write_condition(name, wanted) for name, wanted in self.members.items())
        return f"select member_id from marts.members where {conditions}"

    def make_export_id(self, on: date) -> str:
        """The id of the export of a day: the same audience, campaign, definition and day always have the same."""
        said = json.dumps([self.model_dump(mode="json"), on.isoformat()], sort_keys=True, ensure_ascii=False)
        return f"{self.name}-{on:%Y%m%d}-{hashlib.sha256(said.encode()).hexdigest()[:10]}"


def _write_condition(column: str, wanted: Scalar | list[Scalar] | Span) -> str:
    if isinstance(wanted, Span):
        bounds = (
            f"{column} {sign} {_quote(v)}" for sign, v in ((">=", wanted.min), ("<=", wanted.max)) if v is not None
        )
        return " and ".join(bounds)
    values = wanted if isinstance(wanted, list) else [wanted]
    return f"{column} in ({', '.join(map(_quote, values))})"


def _quote(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"


def load_audiences(settings: Settings) -> dict[str, Audience]:
    """The audiences of this installation by name; none where the folder is empty.

    Raises:
        ContractError: with the file, the key and what is wrong there.
    """
    audiences: dict[str, Audience] = {}
    for path in sorted(settings.audiences_dir.glob("*.yaml")):
        audience = parse_contract(Audience, path)
        if path.stem != audience.name:
            raise ContractError(f"{path}: name: holds the audience {audience.name}; name the file {audience.name}.yaml")
        audiences[audience.name] = audience
    return audiences


def find_audience(settings: Settings, name: str) -> Audience:
    """One audience.

    Raises:
        ContractError: there is none of that name, or a file is wrong.
    """
    audiences = load_audiences(settings)
    if name not in audiences:
        known = ", ".join(audiences) or "none"
        raise ContractError(f"{settings.audiences_dir}: no audience {name!r}; there are {known}")
    return audiences[name]


def describe_path(settings: Settings, audience: Audience) -> Path:
    """The file that an audience stands in, for messages."""
    return settings.audiences_dir / f"{audience.name}.yaml"
