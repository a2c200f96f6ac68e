with

campaigns as (
    select * from {{ ref('int_campaigns__keyed') }}
),

identifiers as (
    select * from {{ ref('int_identifiers__resolved') }}
    where member_id is not null
),

-- The lists say who was told, not when: a campaign's first day stands for the day of the touch.
targets as (
    select
        campaigns.campaign_id,
        campaigns.channel,
        campaigns.start_date,
        campaigns.end_date,
        identifiers.member_id,
        {{ own_member_id('campaign_targets.card_token') }} as own_member_id,
        campaign_targets._file_id as source_file_id,
        campaign_targets._line as source_line
    from {{ ref('stg_bronze__campaign_targets') }} as campaign_targets
    inner join campaigns on campaign_targets.campaign_id_source = campaigns.campaign_id
    left join identifiers on {{ names_on('identifiers', 'campaign_targets.card_token', 'campaigns.start_date') }}
),

-- A person may stand on a list twice, by one card or by several: one touch, traced to its first line.
persons as (
    select
        *,
        count(*) over (partition by campaign_id, coalesce(member_id, own_member_id)) as line_count,
        row_number() over (
            partition by campaign_id, coalesce(member_id, own_member_id)
            order by source_file_id nulls last, source_line nulls last
        ) as target_rank
    from targets
),

-- What several senders report of one message is one touch, told by the report that knows what became of it.
reports as (
    select
        *,
        count(*) over (partition by channel, touch_token) as line_count,
        row_number() over (
            partition by channel, touch_token
            order by
                case status when 'delivered' then 1 when 'failed' then 2 else 3 end asc nulls last,
                _file_id asc nulls last,
                _line asc nulls last
        ) as report_rank
    from {{ ref('stg_bronze__touches') }}
),

final as (
    select
        cast('T-' || campaign_id || '-' || own_member_id as string) as touch_id,
        campaign_id,
        cast(member_id as string) as member_id,
        channel,
        'target' as kind,
        cast(start_date as timestamp) as touched_at,
        start_date as touched_date,
        end_date,
        cast(null as string) as status,
        cast(null as string) as store_id,
        own_member_id,
        line_count,
        source_file_id,
        source_line
    from persons
    where target_rank = 1

    union all

    select
        cast('T-' || reports.channel || '-' || substr(reports.touch_token, 1, 20) as string) as touch_id,
        campaigns.campaign_id,
        cast(coalesce(cards.member_id, phones.member_id, openids.member_id) as string) as member_id,
        coalesce(campaigns.channel, 'unknown') as channel,
        reports.channel as kind,
        reports.touched_at,
        reports.business_date as touched_date,
        campaigns.end_date,
        reports.status,
        reports.store_id,
        {{ own_member_id('coalesce(reports.card_token, reports.phone_token, reports.openid_token)') }} as own_member_id,
        reports.line_count,
        reports._file_id as source_file_id,
        reports._line as source_line
    from reports
    left join campaigns on coalesce(reports.campaign_id_source, reports.reference_id_source) = campaigns.campaign_id
    left join identifiers as cards on {{ names_on('cards', 'reports.card_token', 'reports.business_date') }}
    left join identifiers as phones on {{ names_on('phones', 'reports.phone_token', 'reports.business_date') }}
    left join identifiers as openids on {{ names_on('openids', 'reports.openid_token', 'reports.business_date') }}
    where reports.report_rank = 1
)

select * from final
