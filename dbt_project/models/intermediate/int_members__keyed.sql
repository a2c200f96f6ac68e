with

cardholders as (
    select * from {{ ref('stg_bronze__cardholders') }}
),

evidence as (
    select * from {{ ref('int_identity_evidence__listed') }}
    where evidence_kind = 'member_list'
),

identifiers as (
    select * from {{ ref('int_identifiers__resolved') }}
    where member_id is not null
),

listed_tokens as (
    select a_token as identifier_token from evidence
    union distinct
    select b_token as identifier_token from evidence
    where b_token is not null
),

registered as (
    select distinct identifiers.member_id
    from identifiers
    inner join listed_tokens on identifiers.identifier_token = listed_tokens.identifier_token
    where identifiers.status <> 'former'
),

-- A member may stand in the lists of several stores, also with several cards: the latest list describes the person.
described as (
    select
        identifiers.member_id,
        cardholders.age_band,
        cardholders.income_band,
        cardholders.household_size,
        row_number() over (
            partition by identifiers.member_id
            order by
                cardholders._period_end desc nulls last,
                cardholders._period_start desc nulls last,
                cardholders.store_id asc nulls last,
                cardholders._file_id asc nulls last,
                cardholders._line asc nulls last
        ) as list_rank
    from cardholders
    inner join identifiers on {{ names_on('identifiers', 'cardholders.card_token', 'cardholders._period_end') }}
),

members as (
    select distinct member_id from identifiers
),

consents as (
    select * from {{ ref('int_member_consents__decided') }}
),

final as (
    select
        cast(members.member_id as string) as member_id,
        registered.member_id is not null as is_registered,
        described.age_band,
        described.income_band,
        described.household_size,
        coalesce(sms_consents.consent_status, 'unknown') as sms_consent_status,
        sms_consents.consent_date as sms_consent_date,
        coalesce(wechat_consents.consent_status, 'unknown') as wechat_consent_status,
        wechat_consents.consent_date as wechat_consent_date
    from members
    left join registered on members.member_id = registered.member_id
    left join described
        on
            members.member_id = described.member_id
            and described.list_rank = 1
    left join consents as sms_consents
        on members.member_id = sms_consents.member_id and sms_consents.channel = 'sms'
    left join consents as wechat_consents
        on members.member_id = wechat_consents.member_id and wechat_consents.channel = 'wechat'
)

select * from final
