"""An export: whom an audience finds, who of them may be reached, two arms by lot, and what is written of it."""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from loopmart.audience.arms import assign_arm
from loopmart.audience.contacts import Found, find_contacts
from loopmart.audience.definitions import IDENTIFIER_TYPES, Audience, describe_path, find_audience
from loopmart.audience.delivery import write_delivery, write_private, write_table
from loopmart.audience.record import find_record, list_records, write_record
from loopmart.audience.screening import Identifier, Screened, screen_members
from loopmart.audience.selection import select_members
from loopmart.contracts.catalogue import Catalogue, load_catalogue
from loopmart.durable import sync
from loopmart.ingest.tokens import load_token_key
from loopmart.ledger.store import Ledger, utc_now
from loopmart.locks import hold_lock
from loopmart.settings import Settings
from loopmart.show import find_published

log = logging.getLogger(__name__)
LOCK = "export"


@dataclass(frozen=True)
class Considered:
    """A member whom an audience found.

    Attributes:
        listed_because: why the audience means the member.
        arm: treatment, holdout or excluded.
        reason: why excluded, else empty.
        identifier: by which the member is reached, or found again; None where there is none.
        contact: the raw text behind it, for who may be reached; not to be printed.
    """

    member_id: str
    listed_because: str
    arm: str
    reason: str
    identifier: Identifier | None
    contact: str = field(default="", repr=False)


@dataclass(frozen=True)
class Export:
    """An export as it is planned, or as it was done.

    Attributes:
        record: where landing holds, or will hold, who was considered.
        folder: where the files for the tools that send lie, or will lie.
        is_done: whether it was done before.
        members: everybody considered, by id; empty where it was done before.
    """

    export_id: str
    audience: Audience
    export_date: date
    record: Path
    folder: Path
    is_done: bool
    members: tuple[Considered, ...] = ()

    def count_arms(self) -> Counter[tuple[str, str]]:
        """How many members by arm and reason."""
        return Counter((member.arm, member.reason) for member in self.members)

    def describe_counts(self) -> dict[str, int]:
        """The same in words, for logs: `excluded: no consent` and so forth; empty where it was done before."""
        return {f"{arm}: {reason}" if reason else arm: n for (arm, reason), n in sorted(self.count_arms().items())}


def plan_export(settings: Settings, name: str, on: date | None = None, *, replay: bool = False) -> Export:
    """Say who would be reached, held out and left out, and write nothing.

    Args:
        name: of the audience.
        on: day of the export; today on the clock of the head office if not given.
        replay: plan it also where it was done already.

    Raises:
        LoopmartError: the audience is wrong, nothing is published, or the token key is another one.
    """
    audience, catalogue = find_audience(settings, name), load_catalogue(settings)
    chain = next((sender for sender in catalogue.senders.values() if sender.kind == "chain"), None)
    on = on or utc_now().replace(tzinfo=UTC).astimezone(chain.zone if chain else UTC).date()
    export_id = audience.make_export_id(on)
    record = find_record(settings, chain, export_id)
    export = Export(export_id, audience, on, record, settings.exports_dir / export_id, record.exists())
    if export.is_done and not replay:
        return export
    published = find_published(settings).resolve()
    listed = select_members(published, audience, on, describe_path(settings, audience))
    screened = screen_members(settings, published, audience, on, listed, list_records(settings, record))
    found = _look_up(settings, catalogue, audience, screened)
    members = tuple(_assign(audience, listed[one.member_id], one, found) for one in screened)
    return Export(export_id, audience, on, record, export.folder, export.is_done, members)


def export_audience(settings: Settings, name: str, on: date | None = None, *, dry_run: bool = False) -> Export:
    """Write the files for the tools that send, then the record that lets the outcome come home.

    The record is the last thing that is written, so that an export which was killed was none; it is done once and not
    again. Where nobody may be reached, nothing is written.

    Args:
        name: of the audience.
        on: as of `plan_export`.
        dry_run: say what would be done, and write nothing.

    Raises:
        LoopmartError: as `plan_export`.
    """
    if dry_run:
        return plan_export(settings, name, on)
    with hold_lock(settings, LOCK):
        export = plan_export(settings, name, on)
        reached = {member.member_id: member.contact for member in export.members if member.arm == "treatment"}
        if export.is_done or not reached:
            return export
        _write_folder(export, reached)
        write_record(export.record, _list_rows(export, utc_now()))
    log.info("audience %s: exported %s members as %s", name, f"{len(reached):,}", export.export_id)
    return export


def _look_up(settings: Settings, catalogue: Catalogue, audience: Audience, screened: list[Screened]) -> Found:
    """The contacts of both arms, so that the lot falls among those alone who can be reached."""
    tokens = {token for one in screened if not one.excluded_because for _, _, token in one.identifiers}
    key = load_token_key(settings.token_key_file, Ledger(settings.ledger_url))
    return find_contacts(settings, catalogue, key, IDENTIFIER_TYPES[audience.channel], tokens)


def _assign(audience: Audience, listed_because: str, one: Screened, found: Found) -> Considered:
    identifier = next((i for i in one.identifiers if i[2] in found.raw), None)
    known = identifier or next(iter(one.identifiers), one.any_identifier)
    because = one.excluded_because or (_explain_unreachable(audience, one, found) if identifier is None else "")
    if because or identifier is None:
        return Considered(one.member_id, listed_because, "excluded", because, known)
    arm = assign_arm(audience.campaign_id, one.member_id, audience.holdout_rate)
    return Considered(one.member_id, listed_because, arm, "", identifier, found.raw[identifier[2]])


def _explain_unreachable(audience: Audience, one: Screened, found: Found) -> str:
    what = {"sms": "phone", "wechat": "followed account", "card_list": "card"}[audience.channel]
    if not one.identifiers:
        return "phone known only masked" if audience.channel == "sms" and one.is_masked else f"no {what} known"
    if any(token in found.seen for _, _, token in one.identifiers):
        return f"{what} cannot be read again from its file"
    return f"no file that counts holds the {what}"


def _write_folder(export: Export, reached: dict[str, str]) -> None:
    """Write the folder aside and rename it; what a killed export left there gives way."""
    root = export.folder.parent
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = root / f".{export.export_id}"
    for rest in (aside, export.folder):
        shutil.rmtree(rest, ignore_errors=True)
    aside.mkdir(mode=0o700)
    write_delivery(aside, export.audience, export.export_id, reached)
    rows = [(m.member_id, m.arm, m.listed_because, m.reason) for m in export.members]
    write_private(aside / "members.csv", write_table(("member_id", "arm", "listed_because", "excluded_because"), rows))
    sync(aside)
    aside.replace(export.folder)
    sync(root)


def _list_rows(export: Export, exported_at: datetime) -> Iterator[tuple[object, ...]]:
    audience, at = export.audience, f"{exported_at:%Y-%m-%dT%H:%M:%SZ}"
    said = (export.export_id, audience.name, audience.campaign_id, audience.channel, at, export.export_date)
    for member in export.members:
        found_again_by = member.identifier or ("", "", "")
        yield (*said, audience.window_days, member.member_id, *found_again_by, member.arm, member.reason)
