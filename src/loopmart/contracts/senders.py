"""Senders: the stores and the head office, what each owes and since when (stores.csv)."""

from __future__ import annotations

import csv
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, field_validator

from loopmart.contracts.parse import Strict
from loopmart.contracts.sources import Source
from loopmart.errors import ContractError

SETTING_KEY = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)?")


class Sender(Strict):
    """One line of stores.csv.

    `owes` is what the sender has to send, as `source:period` with the period day or month; empty where
    nothing is due on a calendar. `until` is the last day on which it is due, empty while it goes on. `settings`
    is a list of the form `key=value;key=value` of what contracts have to know of this sender (`{sender.key}`), among
    them `alias=name|name`, other names of the store, and `alias.<vendor>=name|name`, its names at one vendor.
    """

    sender_id: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    sender_name: str
    kind: Literal["store", "chain"]
    time_zone: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    owes: str = Field(pattern=r"^([a-z0-9_]+:(day|month))?$")
    since: date
    until: date | None = None
    settings: dict[str, str] = {}

    @field_validator("settings", mode="before")
    @classmethod
    def _parse_settings(cls, value: object) -> object:
        if not isinstance(value, str):
            return value or {}
        pairs = [pair.partition("=") for pair in value.split(";") if pair.strip()]
        settings = {key.strip(): text.strip() for key, _, text in pairs}
        wrong = [key for key, text in settings.items() if not SETTING_KEY.fullmatch(key) or not text]
        if wrong or len(settings) < len(pairs):
            raise ValueError(f"write each setting once, as key=value, separated by semicolons; wrong near {wrong}")
        return settings

    @field_validator("until", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or None

    @field_validator("time_zone")
    @classmethod
    def _is_a_time_zone(cls, value: str) -> str:
        if value not in _time_zones():
            raise ValueError(f"{value!r} is no IANA time zone such as Asia/Shanghai")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The sender's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def sales_source(self) -> str | None:
        """The source that is due, None where nothing is."""
        return self.owes.partition(":")[0] or None

    @property
    def sales_period(self) -> str | None:
        """day or month, None where nothing is due."""
        return self.owes.partition(":")[2] or None


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def load_senders(stores_file: Path, sources: dict[str, Source]) -> dict[str, Sender]:
    """Read stores.csv, by sender_id.

    Raises:
        ContractError: with file, line and what is wrong there.
    """
    senders: dict[str, Sender] = {}
    try:
        text = stores_file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ContractError(f"{stores_file}: cannot read the list of stores: {error.strerror}") from error
    for line, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        try:
            sender = Sender.model_validate(row)
        except ValidationError as error:
            details = "; ".join(f"{e['loc'][-1]}: {e['msg']} (found {e['input']!r})" for e in error.errors())
            raise ContractError(f"{stores_file}, line {line}: {details}") from error
        if sender.sender_id in senders:
            raise ContractError(f"{stores_file}, line {line}: sender_id {sender.sender_id} stands there twice")
        if sender.sales_source and sender.sales_source not in sources:
            raise ContractError(
                f"{stores_file}, line {line}: owes {sender.owes}, but contracts/sources has no "
                f"{sender.sales_source}.yaml"
            )
        senders[sender.sender_id] = sender
    return senders
