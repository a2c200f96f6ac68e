"""Who of an audience may be reached: consent, opt-out, contact cap, and by which identifier."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from loopmart.audience.definitions import IDENTIFIER_TYPES, Audience
from loopmart.audience.record import COLUMNS
from loopmart.errors import LoopmartError
from loopmart.settings import Settings

Identifier = tuple[str, str, str]
"""Type, issuer and token."""
DAYS_TO_SEND = 7
"""Days after an export within which a message of no known campaign is taken for one of it."""


@dataclass(frozen=True)
class Screened:
    """What is known of a member of an audience before the contact itself is looked up.

    Attributes:
        excluded_because: why the member is left out; empty where nothing speaks against it.
        identifiers: those by which the channel reaches the member, the best known first.
        any_identifier: the best known of any type, None where there is none.
        is_masked: whether a list shows the member's phone, but masked.
    """

    member_id: str
    excluded_because: str
    identifiers: tuple[Identifier, ...]
    any_identifier: Identifier | None
    is_masked: bool


def screen_members(
    settings: Settings, published: Path, audience: Audience, on: date, members: Collection[str], records: list[Path]
) -> list[Screened]:
    """Judge every member of an audience, in the order of their ids.

    What a person has refused counts from the moment at which a file that says so is taken in, built or not.

    Args:
        published: the published marts.duckdb.
        on: day of the export.
        members: ids of today.
        records: those of earlier exports.

    Raises:
        LoopmartError: lake or marts do not know of consent yet.
    """
    with duckdb.connect() as engine:
        engine.execute(f"attach '{published}' as marts (read_only)")
        engine.register("wanted", pa.table({"member_id": pa.array(sorted(members), pa.string())}))
        try:
            _make_lake_views(engine, settings)
            _count_contacts(engine, on - timedelta(days=audience.contact_cap.days), on, records)
            found = engine.execute(_describe_members(audience, on)).fetchall()
        except (duckdb.BinderException, duckdb.CatalogException, duckdb.IOException) as error:
            first = str(error).partition("\n")[0]
            raise LoopmartError(f"lake or marts are of an earlier version ({first}); run `loopmart run`") from error
    return [_judge(audience, *row) for row in found]


def _judge(
    audience: Audience, member_id: str, statuses: list[str], contact_count: int,
    reachable: list[dict[str, str]], best: dict[str, str] | None, is_masked: bool,
) -> Screened:  # fmt: skip
    cap = audience.contact_cap
    because = _judge_consent(audience, statuses)
    if not because and contact_count >= cap.contacts:
        because = f"reached {cap.contacts} times or more in {cap.days} days"
    return Screened(member_id, because, tuple(map(_take, reachable)), _take(best) if best else None, is_masked)


def _judge_consent(audience: Audience, statuses: list[str]) -> str:
    """Why consent is lacking, empty where it is there; statuses are those of SMS and of WeChat."""
    asked = {"sms": statuses[:1], "wechat": statuses[1:], "card_list": statuses}[audience.channel]
    if "opted out" in (statuses if audience.consent == "strict" else asked):
        return "opted out"
    return "" if "granted" in asked else "no consent"


def _take(identifier: dict[str, str]) -> Identifier:
    return identifier["type"], identifier["issuer"], identifier["token"]


def _make_lake_views(engine: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """A view of each feed that is asked beside the marts, with the rows that count."""
    for feed in ("contact_consents", "followers", "member_list"):
        engine.execute(
            f"""
            create view {feed} as
            select rows.* from read_parquet('{settings.bronze_dir}/{feed}/batch=*/*.parquet', hive_partitioning = true,
                hive_types = {{'batch': varchar}}, union_by_name = true) as rows
            join '{settings.manifest_dir}/active_files.parquet' as f
                on f.batch_id = rows.batch and f.file_id = rows._file_id and f.feed = '{feed}'
            """
        )


def _count_contacts(engine: duckdb.DuckDBPyConnection, after: date, on: date, records: list[Path]) -> None:
    """Table of contacts by member in a span of days: exports, and touches of campaigns without one.

    An export comes home as touches of its campaign, or of none that is known soon after it, which are not counted
    again. A scan is the person's own doing, and what failed reached nobody.
    """
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    source = (
        f"read_csv({[str(path) for path in records]}, header = true, auto_detect = false, columns = {{{columns}}})"
        if records
        else f"(select {', '.join(f'null::varchar as {name}' for name in COLUMNS)} limit 0)"
    )
    engine.execute(
        f"""
        create table exported as
        select distinct i.member_id, e.export_id, e.campaign_id, e.export_date::date as export_date
        from {source} as e join marts.member_identifiers as i on i.identifier_token = e.identifier_token
        where e.arm = 'treatment' and i.member_id is not null
            and e.export_date::date > date '{after}' and e.export_date::date <= date '{on}'
        """
    )
    engine.execute(
        f"""
        create table contacts as
        select member_id, count(*) as contact_count from (
            select member_id, export_id as contact from exported
            union all
            select member_id, touch_id from marts.campaign_touches as t anti join exported as e
                on e.member_id = t.member_id and (e.campaign_id = t.campaign_id or (t.campaign_id is null
                and t.touched_at::date between e.export_date and e.export_date + {DAYS_TO_SEND}))
            where t.touched_at::date > date '{after}' and t.touched_at::date <= date '{on}'
                and t.kind <> 'qr_scan' and coalesce(t.status, '') <> 'failed'
        ) group by 1
        """
    )


def _describe_members(audience: Audience, on: date) -> str:
    kind = IDENTIFIER_TYPES[audience.channel]
    own = "{'type': identifier_type, 'issuer': issuer, 'token': identifier_token}"
    best = "order by first_seen_at nulls last, identifier_token"
    followed = "and identifier_token in (select openid_token from followers where is_subscribed = 1)"
    return f"""
        with held as (
            select * from marts.member_identifiers semi join wanted using (member_id)
        ),
        own as (
            select * from held where status = 'active' and coalesce(valid_from_date, date '{on}') <= date '{on}'
                and coalesce(valid_to_date, date '{on}') >= date '{on}'
        ),
        reachable as (
            select member_id, list({own} {best}) as identifiers from own
            where identifier_type = '{kind}' {followed if audience.channel == "wechat" else ""} group by 1
        ),
        known as (select member_id, first({own} {best}) as identifier from own group by 1),
        refused as (
            select member_id, unnest(case channel when 'all' then ['sms', 'wechat'] else [channel] end) as channel,
                decided_date
            from contact_consents as c join held
                on held.identifier_token in (c.phone_token, c.openid_token, c.card_token)
            where decision = 'refused'
        ),
        refusals as (select member_id, channel, max(decided_date) as day from refused group by 1, 2),
        masked as (
            select distinct member_id from member_list as m join held
                on held.identifier_token in (m.card_token, m.account_token)
            where m.phone_mask_token is not null and m.phone_token is null
        )
        select
            member_id,
            [case when s.day >= coalesce(sms_consent_date, '0001-01-01') then 'opted out' else sms_consent_status end,
             case when w.day >= coalesce(wechat_consent_date, '0001-01-01') then 'opted out'
                else wechat_consent_status end],
            coalesce(contact_count, 0),
            coalesce(reachable.identifiers, []),
            known.identifier,
            masked.member_id is not null
        from wanted
        join marts.members using (member_id)
        left join contacts using (member_id)
        left join reachable using (member_id)
        left join known using (member_id)
        left join masked using (member_id)
        left join refusals as s on s.member_id = wanted.member_id and s.channel = 'sms'
        left join refusals as w on w.member_id = wanted.member_id and w.channel = 'wechat'
        order by member_id
    """
