"""Who has opted out is never exported, whatever was said in which list and on which day, built or only taken in."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from loopmart.audience.definitions import Audience
from loopmart.audience.screening import screen_members
from loopmart.settings import Settings
from tests.audience_world import publish_members
from tests.compiled import Models

pytestmark = pytest.mark.integration

MODEL = "int_member_consents__decided"
FIRST, TODAY = date(2026, 3, 1), date(2026, 3, 20)
DAYS = 2
"""So few that words of one day are common."""
MEMBERS = ("MA", "MB", "MC", "MD")
AUDIENCES = {
    channel: Audience.model_validate(
        {
            "name": "a", "description": "d", "campaign_id": "C", "channel": channel, "reason": "r", "sql": "select 1",
            "contact_cap": {"contacts": 9, "days": 9}, "holdout_rate": 0.1, "window_days": 9,
        }
    )
    for channel in ("sms", "wechat")
}  # fmt: skip


class Word(NamedTuple):
    """What is said of an identifier, in a list of consents, of members or of followers; day None is not told."""

    place: str
    member: str
    kind: str
    channel: str
    decision: str
    day: date | None
    is_built: bool

    @property
    def token(self) -> str:
        return f"{self.member}-{self.kind}"

    @property
    def channels(self) -> Sequence[str]:
        return ("sms", "wechat") if self.channel == "all" else (self.channel,)

    @property
    def effective(self) -> tuple[date, bool]:
        """Later is stronger: day, then refusal; without a day a consent is the oldest, a refusal the newest."""
        is_refusal = self.decision == "refused"
        return self.day or (date.max if is_refusal else date.min), is_refusal


def make_word(place: str, member: str, kind: str, channel: str, decision: str, day: int | None, *, built: bool) -> Word:
    """A word that can stand in that place: only a list of consents tells the channel, and always the day."""
    when = None if day is None else FIRST + timedelta(day)
    if place == "consents":
        return Word(place, member, kind, channel, decision, when or FIRST, built)
    if place == "members":
        return Word(place, member, "card", "sms", decision, when, is_built=True)
    return Word(place, member, "openid", "wechat", decision, None if decision == "refused" else when, is_built=True)


WORDS = st.lists(
    st.builds(
        make_word,
        st.sampled_from(["consents", "consents", "consents", "members", "followers"]),
        st.sampled_from(MEMBERS),
        st.sampled_from(["phone", "card", "openid"]),
        st.sampled_from(["sms", "wechat", "all"]),
        st.sampled_from(["granted", "refused"]),
        st.none() | st.integers(0, DAYS - 1),
        built=st.booleans(),
    ),
    min_size=8,
    max_size=30,
)


@pytest.fixture(scope="module")
def models(project_models: Models) -> Models:
    return project_models.take([MODEL])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home in which words are written straight into the lake."""
    root = tmp_path_factory.mktemp("opt_outs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOOPMART_HOME", str(root))
        settings = Settings.load()
    settings.manifest_dir.mkdir(parents=True)
    for feed in ("contact_consents", "followers", "member_list"):
        (settings.bronze_dir / feed / "batch=b").mkdir(parents=True)
    feeds = "(values ('contact_consents'), ('followers'), ('member_list'))"
    duckdb.sql(f"select 'b' as batch_id, 'f' as file_id, feed from {feeds} as t(feed)").write_parquet(
        str(settings.manifest_dir / "active_files.parquet")
    )
    return settings


def write_lake(settings: Settings, engine: duckdb.DuckDBPyConnection) -> None:
    """Everything that was taken in; the tables are those of the models, with all words."""
    for feed in ("contact_consents", "followers", "member_list"):
        path = settings.bronze_dir / feed / "batch=b" / "part.parquet"
        engine.execute(f"copy lake.{feed} to '{path}' (format parquet)")


def say(engine: duckdb.DuckDBPyConnection, schema: str, prefix: str, words: Iterable[Word]) -> None:
    """Write words as rows of bronze or of staging."""
    engine.execute(
        f"""
        create table {schema}.{prefix}contact_consents (channel varchar, decision varchar, phone_token varchar,
            openid_token varchar, card_token varchar, decided_date date, _file_id varchar, _line bigint);
        create table {schema}.{prefix}member_list (card_token varchar, phone_token varchar, account_token varchar,
            phone_mask_token varchar, sms_consent varchar, sms_consent_date date, joined_date date, _period_end date,
            _file_id varchar, _line bigint);
        create table {schema}.{prefix}followers (openid_token varchar, unionid_token varchar, is_subscribed int,
            subscribed_at timestamp, _period_end date, _file_id varchar, _line bigint)
        """
    )
    for line, word in enumerate(words, start=1):
        if word.place == "consents":
            names = {kind: word.token if kind == word.kind else None for kind in ("phone", "openid", "card")}
            row = [word.channel, word.decision, *names.values(), word.day, "f", line]
            engine.execute(f"insert into {schema}.{prefix}contact_consents values (?, ?, ?, ?, ?, ?, ?, ?)", row)
        elif word.place == "members":
            row = [word.token, None, None, None, word.decision, word.day, None, None, "f", line]
            engine.execute(f"insert into {schema}.{prefix}member_list values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        else:
            row = [word.token, None, int(word.decision == "granted"), word.day, None, "f", line]
            engine.execute(f"insert into {schema}.{prefix}followers values (?, ?, ?, ?, ?, ?, ?)", row)


def build(models: Models, words: Sequence[Word]) -> dict[str, dict[str, object]]:
    """Consent columns of `members` by member, as the model decides of the words that a build has seen."""
    with duckdb.connect(config={"threads": 1}) as engine:
        engine.execute(
            """
            create schema staging; create schema intermediate;
            create table intermediate.int_identifiers__resolved as
            select m || '-' || k as identifier_token, m as member_id, null::date as valid_from, null::date as valid_to
            from (values ('MA'), ('MB'), ('MC'), ('MD')) as a(m), (values ('phone'), ('card'), ('openid')) as b(k)
            """
        )
        say(engine, "staging", "stg_bronze__", [word for word in words if word.is_built])
        rows = engine.execute(
            f"select member_id, channel, consent_status, consent_date from ({models[MODEL]})"
        ).fetchall()
    known: dict[str, dict[str, object]] = {member: {} for member in MEMBERS}
    for member, channel, status, day in rows:
        known[member] |= {f"{channel}_consent_status": status, f"{channel}_consent_date": day}
    return known


def screen(settings: Settings, words: Sequence[Word], known: dict[str, dict[str, object]]) -> dict[str, dict[str, str]]:
    """By channel, why each member is left out of an export; empty for who may be reached."""
    kinds = {"phone": "phone", "card": "vip_card", "openid": "wechat_openid"}
    identifiers = [(m, identifier_type, f"{m}-{kind}") for m in MEMBERS for kind, identifier_type in kinds.items()]
    publish_members(settings, known, identifiers)
    with duckdb.connect(config={"threads": 1}) as engine:
        engine.execute("create schema lake")
        say(engine, "lake", "", words)
        write_lake(settings, engine)
    published: Path = settings.serving_dir / "marts.duckdb"
    return {
        channel: {
            one.member_id: one.excluded_because
            for one in screen_members(settings, published, audience, TODAY, MEMBERS, [])
        }
        for channel, audience in AUDIENCES.items()
    }


CONSENT = make_word("consents", "MA", "phone", "sms", "granted", 1, built=True)
REFUSAL = make_word("consents", "MA", "card", "all", "refused", 1, built=True)


@hypothesis_settings(max_examples=30, deadline=None)
@example(words=[CONSENT, REFUSAL])
@example(words=[CONSENT, REFUSAL._replace(is_built=False)])
@given(words=WORDS)
def test_nobody_is_reached_whose_last_word_is_a_refusal_and_nobody_without_a_word(
    words: list[Word], models: Models, world: Settings
) -> None:
    found = screen(world, words, build(models, words))
    for member, channel in itertools.product(MEMBERS, AUDIENCES):
        said = [w for w in words if w.member == member and channel in w.channels]
        counted = [w for w in said if w.is_built or w.decision == "refused"]  # a new consent waits for the build
        last = max((w.effective for w in counted), default=None)
        wanted = "no consent" if last is None else "opted out" if last[1] else ""
        assert found[channel][member] == wanted
