{#
  What each identifier says of each channel. A consent without a day is older than any refusal, a refusal without a day
  newer than any consent. Following an account is consent to WeChat, and to follow it no more is a refusal.
#}
{%- set words = [
    ['stg_bronze__contact_consents', ['phone_token', 'openid_token', 'card_token'], 'channel', 'decision', 'decided_date'],
    ['stg_bronze__member_list', ['phone_token', 'card_token', 'account_token'], "'sms'", 'sms_consent',
     "coalesce(sms_consent_date, case when sms_consent = 'granted' then joined_date else _period_end end)"],
    ['stg_bronze__followers', ['openid_token', 'unionid_token'], "'wechat'",
     "case is_subscribed when 1 then 'granted' else 'refused' end",
     'case is_subscribed when 1 then cast(subscribed_at as date) else _period_end end'],
] -%}
with

identifiers as (
    select * from {{ ref('int_identifiers__resolved') }}
    where member_id is not null
),

words as (
    {%- for model, tokens, channel, decision, day in words %}
        {%- for token in tokens %}
            select
                {{ token }} as identifier_token,
                {{ channel }} as channel,
                {{ decision }} as consent_status,
                {{ day }} as consent_date,
                _file_id,
                _line
            from {{ ref(model) }}
            where {{ token }} is not null and {{ decision }} is not null
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
),

dated as (
    select
        *,
        coalesce(
            consent_date,
            case when consent_status = 'refused' then date '9999-12-31' else date '0001-01-01' end
        ) as effective_date
    from words
),

channels as (
    select 'sms' as channel
    union all
    select 'wechat' as channel
),

ranked as (
    select
        identifiers.member_id,
        channels.channel,
        dated.consent_status,
        dated.consent_date,
        dated._file_id,
        dated._line,
        row_number() over (
            partition by identifiers.member_id, channels.channel
            order by
                dated.effective_date desc nulls last,
                dated.consent_status desc nulls last,
                dated._file_id asc nulls last,
                dated._line asc nulls last
        ) as word_rank
    from dated
    inner join channels on dated.channel = channels.channel or dated.channel = 'all'
    inner join identifiers on {{ names_on('identifiers', 'dated.identifier_token', 'dated.effective_date') }}
),

final as (
    select
        cast(member_id as string) as member_id,
        cast(channel as string) as channel,
        cast(case consent_status when 'refused' then 'opted out' else consent_status end as string) as consent_status,
        cast(consent_date as date) as consent_date,
        cast(_file_id as string) as source_file_id,
        cast(_line as bigint) as source_line
    from ranked
    where word_rank = 1
)

select * from final
