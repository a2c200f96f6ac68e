"""An export on files that were taken in: contacts come from their lines in landing, and only by their token."""

from __future__ import annotations

import csv
import json
import shutil
import stat
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from loopmart.audience import run as audience_run
from loopmart.audience.definitions import load_audiences
from loopmart.audience.run import Considered, Export, export_audience, plan_export
from loopmart.contracts.catalogue import load_catalogue
from loopmart.ingest import run as ingest_run
from loopmart.ingest.recognise import recognise
from loopmart.ingest.run import export_manifest
from loopmart.ledger.store import Ledger
from loopmart.settings import Settings
from tests.audience_world import make_token, publish_members
from tests.conftest import TOKEN_KEY
from tests.integration.landing import land, load_all

pytestmark = pytest.mark.integration

CATALOGUE = load_catalogue(Settings.load())
DAY = date(2026, 5, 3)
DEFINITION = """\
name: lapsed
description: Members who have stopped.
campaign_id: C1
channel: {channel}
reason: no order for long
members: {{lapse_status: lapsed}}
contact_cap: {{contacts: {contacts}, days: 30}}
holdout_rate: 0.3
window_days: 28
template_id: SMS_1
sign_name: 春集
"""
PHONES = {f"VIP{number:04}": f"1380000{number:04}" for number in range(40)}
OPTED_OUT = {"sms_consent_status": "opted out", "sms_consent_date": date(2026, 2, 1)}
GRANTED = {"sms_consent_status": "granted", "sms_consent_date": date(2026, 1, 1)}


def define(settings: Settings, channel: str = "sms", contacts: int = 2) -> None:
    (settings.home / "audiences").mkdir(exist_ok=True)
    text = DEFINITION.format(channel=channel, contacts=contacts)
    (settings.home / "audiences" / "lapsed.yaml").write_text(text, encoding="utf-8")


def member_of(card: str) -> str:
    return "M" + make_token("vip_card", card)[:20]


def list_members(cards: dict[str, str]) -> bytes:
    lines = [f'{card},{phone},"Lee, Ann"' for card, phone in cards.items()]
    return "\n".join(["card_no,phone,name", *lines, ""]).encode("gb18030")


def publish(settings: Settings, known: dict[str, dict[str, Any]] | None = None, **more: Any) -> None:
    """Everybody consented, but for whom `known` knows otherwise, by card."""
    publish_members(
        settings,
        {member_of(card): (known or {}).get(card, GRANTED) for card in PHONES},
        [
            (member_of(card), kind, make_token(kind, text))
            for card, phone in PHONES.items()
            for kind, text in (("vip_card", card), ("phone", f"+86{phone}"))
            if kind == "vip_card" or "*" not in phone
        ],
        **more,
    )


@pytest.fixture(autouse=True)
def _read_the_contracts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are half of a test's time otherwise."""
    for module in (audience_run, ingest_run):
        monkeypatch.setattr(module, "load_catalogue", lambda _: CATALOGUE)


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with forty members in the lists of two senders, in GBK and with quotes; not to be changed."""
    root = tmp_path_factory.mktemp("lists")
    (root / "token.key").write_text(TOKEN_KEY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOOPMART_HOME", str(root / "home"))
        patch.setenv("LOOPMART_TOKEN_KEY_FILE", str(root / "token.key"))
        settings = Settings.load()
    cards = list(PHONES)
    land(settings, "members.csv", list_members({c: PHONES[c] for c in cards[:20]}), "chain")
    land(settings, "members.csv", list_members({c: PHONES[c] for c in cards[20:]}), "S00101")
    assert {f["status"] for f in load_all(settings).values()} == {"loaded"}
    export_manifest(settings)
    define(settings)
    publish(settings)
    return settings.home


@pytest.fixture
def world(settings: Settings, lists: Path) -> Settings:
    """Settings of a home of its own with these lists."""
    shutil.copytree(lists, settings.home, dirs_exist_ok=True)
    return settings


def by_member(export: Export) -> dict[str, Considered]:
    return {member.member_id: member for member in export.members}


def reason_of(export: Export, card: str) -> str:
    return by_member(export)[member_of(card)].reason


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_only_the_treatment_arm_is_delivered_with_the_phones_of_its_lines(world: Settings) -> None:
    export = export_audience(world, "lapsed", DAY)
    arms = {card: by_member(export)[member_of(card)].arm for card in PHONES}
    assert set(arms.values()) == {"treatment", "holdout"}
    sent = read_csv(export.folder / "sms_send_list.csv")
    assert {row["phone"] for row in sent} == {PHONES[card] for card, arm in arms.items() if arm == "treatment"}
    assert {row["campaign_id"] for row in sent} == {"C1"}
    (aliyun,) = [
        json.loads(line)
        for line in (export.folder / f"aliyun_sms_{export.export_id}.jsonl").read_text("utf-8").splitlines()
    ]
    assert sorted(aliyun["PhoneNumbers"].split(",")) == sorted(row["phone"] for row in sent)
    assert (aliyun["OutId"], aliyun["TemplateCode"], aliyun["SignName"]) == ("C1", "SMS_1", "春集")
    (tencent,) = [
        json.loads(line)
        for line in (export.folder / f"tencent_sms_{export.export_id}.jsonl").read_text("utf-8").splitlines()
    ]
    assert sorted(tencent["PhoneNumberSet"]) == sorted(f"+86{row['phone']}" for row in sent)
    assert tencent["SessionContext"] == "C1"


def test_what_is_written_is_for_its_owner_alone_and_the_record_holds_no_contact(world: Settings) -> None:
    export = export_audience(world, "lapsed", DAY)
    assert stat.S_IMODE(export.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in export.folder.iterdir()} == {0o600}
    texts = export.record.read_text("utf-8") + (export.folder / "members.csv").read_text("utf-8") + repr(export)
    assert not [phone for phone in PHONES.values() if phone in texts]
    rows = read_csv(export.record)
    assert len(rows) == len(PHONES)
    assert {row["identifier_token"] for row in rows} == {make_token("phone", f"+86{p}") for p in PHONES.values()}


def test_both_files_come_home_by_the_contracts_of_ingest(world: Settings) -> None:
    export = export_audience(world, "lapsed", DAY)
    sources = CATALOGUE.sources.values()
    for path, source in ((export.record, "audience_export"), (export.folder / "sms_send_list.csv", "sms_send_list")):
        assert recognise(path.read_bytes(), sources).source.source == source
    files = load_all(world)
    (record,) = [f for f in files.values() if f["source"] == "audience_export"]
    assert (record["status"], record["loaded_rows"], record["quarantined_rows"]) == ("loaded", len(PHONES), 0)


def test_a_repeated_export_changes_nothing_and_draws_the_same_arms(world: Settings) -> None:
    first = export_audience(world, "lapsed", DAY)
    record = first.record.read_bytes()
    shutil.rmtree(first.folder)
    again = export_audience(world, "lapsed", DAY)
    assert again.is_done
    assert not again.folder.exists()
    assert again.record.read_bytes() == record
    planned = plan_export(world, "lapsed", DAY, replay=True)
    assert {m.member_id: m.arm for m in planned.members} == {m.member_id: m.arm for m in first.members}


def list_files(settings: Settings) -> list[Path]:
    """All files but those that SQLite keeps beside the ledger while it is open."""
    return sorted(path for path in settings.home.rglob("*") if not path.name.startswith("ledger.db-"))


def test_a_dry_run_writes_nothing(world: Settings) -> None:
    before = list_files(world)
    assert export_audience(world, "lapsed", DAY, dry_run=True).count_arms()["treatment", ""] > 0
    assert list_files(world) == before


def test_an_export_that_was_killed_was_none_and_is_done_whole_the_next_time(
    world: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    for name in ("write_private", "write_record"):
        with monkeypatch.context() as patch:
            patch.setattr(audience_run, name, die)
            with pytest.raises(KeyboardInterrupt):
                export_audience(world, "lapsed", DAY)
        assert not list(world.landing_dir.rglob("audience_*"))
    export = export_audience(world, "lapsed", DAY)
    assert not export.is_done
    assert export.record.exists()
    assert {p.name for p in world.exports_dir.iterdir()} == {export.export_id}


def test_who_has_not_consented_to_the_channel_is_left_out(world: Settings) -> None:
    wechat_only = {"wechat_consent_status": "granted"}
    sms_only = GRANTED | {"wechat_consent_status": "opted out"}
    publish(world, {"VIP0001": OPTED_OUT, "VIP0002": {}, "VIP0003": wechat_only, "VIP0004": sms_only})
    export = plan_export(world, "lapsed", DAY)
    found = [reason_of(export, f"VIP000{number}") for number in (1, 2, 3, 4)]
    assert found == ["opted out", "no consent", "no consent", ""]


def test_an_opt_out_counts_before_any_build_has_seen_it(world: Settings) -> None:
    lines = ["phone,card_no,appid,openid,channel,decision,decided_at", f"{PHONES['VIP0001']},,,,sms,refused,2026-05-02"]
    lines += [",VIP0002,,,all,refused,2026-01-01", f"{PHONES['VIP0003']},,,,sms,refused,2025-12-31"]
    land(world, "consents.csv", "\n".join([*lines, ""]).encode(), "chain")
    load_all(world)
    export_manifest(world)
    export = plan_export(world, "lapsed", DAY)
    found = [reason_of(export, card) for card in ("VIP0001", "VIP0002", "VIP0003")]
    assert found == ["opted out", "opted out", ""]  # the last consented after it had refused


def test_who_was_reached_often_enough_is_left_out(world: Settings) -> None:
    def touch(
        card: str, days_ago: int, kind: str = "sms", status: str = "delivered"
    ) -> tuple[str, str, date, str, str]:
        return member_of(card), "C9", DAY - timedelta(days=days_ago), kind, status

    twice = [touch("VIP0001", 0), touch("VIP0001", 29)]
    long_ago = [touch("VIP0002", 3), touch("VIP0002", 30)]
    later = [touch("VIP0003", -1), touch("VIP0003", -2)]
    no_contacts = [touch("VIP0004", 3, "qr_scan"), touch("VIP0004", 3, status="failed")]
    publish(world, touches=[*twice, *long_ago, *later, *no_contacts])
    export = plan_export(world, "lapsed", DAY)
    found = [reason_of(export, f"VIP000{number}") for number in (1, 2, 3, 4)]
    assert found == ["reached 2 times or more in 30 days", "", "", ""]
    define(world, contacts=1)
    export = plan_export(world, "lapsed", DAY)
    found = [reason_of(export, f"VIP000{number}") for number in (2, 3, 4)]
    assert found == ["reached 1 times or more in 30 days", "", ""]


@pytest.mark.parametrize("campaign", ["C1", None])
def test_an_earlier_export_counts_as_a_contact_once_though_its_touches_come_home(
    world: Settings, campaign: str | None
) -> None:
    first = export_audience(world, "lapsed", DAY)
    reached = [m.member_id for m in first.members if m.arm == "treatment"]
    publish(world, touches=[(member, campaign, DAY, "sms", "delivered") for member in reached])
    next_day = DAY + timedelta(days=1)
    assert plan_export(world, "lapsed", next_day).count_arms() == first.count_arms()
    define(world, contacts=1)
    capped = plan_export(world, "lapsed", next_day)
    assert {m.member_id for m in capped.members if m.reason.startswith("reached")} == set(reached)


def test_an_export_that_was_revoked_is_no_contact(world: Settings) -> None:
    define(world, contacts=1)
    first = export_audience(world, "lapsed", DAY)
    ledger = Ledger(world.ledger_url)
    load_all(world)
    (record,) = [f for f in ledger.files(["loaded"]) if f["source"] == "audience_export"]
    next_day = DAY + timedelta(days=1)
    assert plan_export(world, "lapsed", next_day).count_arms()["treatment", ""] == 0
    ledger.change_status(record["file_id"], "loaded", "revoked", "was not sent", {"audience_export"})
    assert plan_export(world, "lapsed", next_day).count_arms() == first.count_arms()


Change = Callable[[Settings], None]


def swap_phones(world: Settings) -> None:
    path = world.landing_dir / "S00101" / "members.csv"
    path.write_bytes(path.read_bytes().replace(b"1380000", b"1390000"))


def remove_list(world: Settings) -> None:
    (world.landing_dir / "S00101" / "members.csv").unlink()


def revoke_list(world: Settings) -> None:
    ledger = Ledger(world.ledger_url)
    (file,) = [f for f in ledger.files() if f["path"] == "S00101/members.csv"]
    ledger.change_status(file["file_id"], "loaded", "revoked", "wrong list", set())
    export_manifest(world)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (swap_phones, "phone cannot be read again from its file"),
        (remove_list, "phone cannot be read again from its file"),
        (revoke_list, "no file that counts holds the phone"),
    ],
)
def test_a_contact_whose_file_is_changed_gone_or_revoked_is_not_used(
    world: Settings, change: Change, reason: str
) -> None:
    change(world)
    export = plan_export(world, "lapsed", DAY)
    cards = list(PHONES)
    assert {reason_of(export, card) for card in cards[:20]} == {""}
    assert {reason_of(export, card) for card in cards[20:]} == {reason}


def test_a_masked_phone_is_said_to_be_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PHONES, "VIP0001", "138****0001")
    land(settings, "members.csv", list_members(PHONES), "chain")
    load_all(settings)
    export_manifest(settings)
    define(settings)
    publish(settings)
    assert reason_of(plan_export(settings, "lapsed", DAY), "VIP0001") == "phone known only masked"


def test_wechat_reaches_those_who_follow_by_the_openid_of_their_account(settings: Settings) -> None:
    followers = [
        {"openid": f"o{number}", "appid": "wx1", "subscribe": 0 if number == 3 else 1, "subscribe_time": 1767225600}
        for number in range(12)
    ]
    land(settings, "followers.json", json.dumps({"user_info_list": followers}).encode(), "chain")
    load_all(settings)
    export_manifest(settings)
    define(settings, "wechat")
    tokens = {f"o{n}": make_token("wechat_openid", f"wechat_openid|wx1|o{n}") for n in range(12)}
    granted = {"wechat_consent_status": "granted"}
    publish_members(
        settings,
        {f"M{t[:20]}": granted for t in tokens.values()},
        [(f"M{t[:20]}", "wechat_openid", t) for t in tokens.values()],
    )
    export = export_audience(settings, "lapsed", DAY)
    assert reason_of_token(export, tokens["o3"]) == "no followed account known"
    reached = {openid for openid, t in tokens.items() if by_member(export)[f"M{t[:20]}"].arm == "treatment"}
    rows = read_csv(export.folder / "wechat_push_list.csv")
    assert {(row["appid"], row["openid"]) for row in rows} == {("wx1", openid) for openid in reached}
    (mass,) = [json.loads(line) for line in (export.folder / "wechat_mass_wx1.jsonl").read_text().splitlines()]
    assert set(mass["touser"]) == reached
    assert mass["clientmsgid"] == f"{export.export_id}-1"


def reason_of_token(export: Export, token: str) -> str:
    return by_member(export)[f"M{token[:20]}"].reason


def test_a_list_of_cards_needs_a_consent_and_no_refusal_of_any_channel(world: Settings) -> None:
    define(world, "card_list")
    refused = GRANTED | {"wechat_consent_status": "opted out"}
    publish(world, {"VIP0001": refused, "VIP0002": {}, "VIP0003": {"wechat_consent_status": "granted"}})
    export = export_audience(world, "lapsed", DAY)
    assert [reason_of(export, f"VIP000{n}") for n in (1, 2, 3)] == ["opted out", "no consent", ""]
    cards = {row["card_no"] for row in read_csv(export.folder / "card_list.csv")}
    assert cards == {card for card in PHONES if by_member(export)[member_of(card)].arm == "treatment"}


@pytest.mark.parametrize("name", sorted(load_audiences(Settings.load())))
def test_audiences_of_the_project_are_answered_by_the_published_marts(first_night: Settings, name: str) -> None:
    export = plan_export(first_night, name, DAY)
    assert export.record.parent == first_night.landing_dir / "chain"
    assert {member.arm for member in export.members} <= {"excluded"}  # the sample knows of no consent
