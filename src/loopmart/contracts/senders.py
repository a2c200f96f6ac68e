"""Senders: the stores and the head office, what each owes and since when (stores.csv)."""

from __future__ import annotations

import csv
import difflib
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, field_validator

from loopmart.contracts.dues import (
    END_OF_DAY,
    ClosedDays,
    Due,
    Limit,
    parse_closed,
    parse_closing,
    parse_dues,
)
from loopmart.contracts.parse import Strict
from loopmart.contracts.rates import FeeRate, parse_rates
from loopmart.contracts.sources import Source
from loopmart.errors import ContractError, LoopmartError

SETTING_KEY = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)?")


class Sender(Strict):
    """One line of stores.csv.

    `owes` is what the sender has to send, as `source:period@limit`, several with a blank between them (the grammar
    stands in `loopmart.contracts.dues`); empty where nothing is due on a calendar. `until` is the last day for which
    it is due, empty while it goes on. `settings` is a list of the form `key=value;key=value` of what contracts have
    to know of this sender (`{sender.key}`), among them `alias=name|name`, other names of the store,
    `alias.<vendor>=name|name`, its names at one vendor, `closes=22:30`, its closing time,
    `closed=sun,2026-10-01`, days on which it does not open and owes nothing, and `rate.wechat=0.6%`, what a payment
    company charges the store, or, on the head office's line, all stores.
    """

    sender_id: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    sender_name: str
    kind: Literal["store", "chain"]
    time_zone: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    owes: str
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

    @field_validator("settings")
    @classmethod
    def _has_opening_hours(cls, settings: dict[str, str]) -> dict[str, str]:
        for key, parse in (("closes", parse_closing), ("closed", parse_closed)):
            try:
                parse(settings[key]) if key in settings else None
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from error
        parse_rates(settings)
        return settings

    @field_validator("owes")
    @classmethod
    def _lists_dues(cls, value: str) -> str:
        parse_dues(value)
        return value

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
    def dues(self) -> tuple[Due, ...]:
        """What the sender owes, in the order of stores.csv; empty where nothing is due."""
        return parse_dues(self.owes)

    @property
    def closed_days(self) -> ClosedDays:
        """The days on which the sender does not open."""
        return parse_closed(self.settings["closed"]) if "closed" in self.settings else ClosedDays(frozenset(), ())

    @property
    def fee_rates(self) -> tuple[FeeRate, ...]:
        """What payment companies charge, as far as it is known."""
        return parse_rates(self.settings)

    def limit_of(self, due: Due, source: Source) -> Limit:
        """By when a due has to be met: as `owes` says, else as its contract does, else at closing."""
        closing = parse_closing(self.settings["closes"]) if "closes" in self.settings else END_OF_DAY
        return due.limit or source.due.get(due.period) or closing


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
    reader = csv.DictReader(text.splitlines())
    for row in reader:
        place = f"{stores_file}, line {reader.line_num}"
        if None in row:
            raise ContractError(
                f"{place}: more cells than the header has, the first is {row[None][0]!r}; put a cell that holds a "
                "comma into quotes"
            )
        try:
            sender = Sender.model_validate(row)
        except ValidationError as error:
            raise ContractError("; ".join(f"{place}, {_explain(e)}" for e in error.errors())) from error
        if sender.sender_id in senders:
            raise ContractError(f"{place}: sender_id {sender.sender_id} stands there twice")
        _check_sources(sender, sources, place)
        senders[sender.sender_id] = sender
    return senders


def check_sender(option: str, sender_id: str | None, senders: dict[str, Sender], stores_file: Path) -> str:
    """The sender that an option of the command line names.

    Raises:
        LoopmartError: the registry does not know it; with the nearest that it knows.
    """
    if sender_id is None or sender_id not in senders:
        near = difflib.get_close_matches(sender_id or "", senders, 5) or list(senders)[:5]
        raise LoopmartError(
            f"{option} {sender_id}: {stores_file} has no such sender_id; of the {len(senders):,} that it has, near are "
            f"{', '.join(near) or 'none'}"
        )
    return sender_id


def _explain(error: Any) -> str:
    return f"column {error['loc'][-1]}: {error['msg'].removeprefix('Value error, ')} (found {error['input']!r})"


def _check_sources(sender: Sender, sources: dict[str, Source], place: str) -> None:
    for due in sender.dues:
        source = sources.get(due.source)
        if source is None:
            near = difflib.get_close_matches(due.source, sources, 1)
            hint = f"; is it {near[0]}?" if near else "; write that contract, or take the entry out"
            raise ContractError(
                f"{place}, column owes: contracts/sources has no {due.source}.yaml (found {sender.owes!r}){hint}"
            )
        if not source.feed:
            raise ContractError(
                f"{place}, column owes: files of {due.source} are never loaded, so none can be owed "
                f"(found {sender.owes!r}); take the entry out"
            )
