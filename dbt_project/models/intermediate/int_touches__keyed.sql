with

campaign_targets as (
    select * from {{ ref('stg_bronze__campaign_targets') }}
),

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
        campaigns.start_date as touched_date,
        campaigns.end_date,
        {{ own_member_id('campaign_targets.card_token') }} as own_member_id,
        identifiers.member_id,
        campaign_targets._file_id as source_file_id,
        campaign_targets._line as source_line
    from campaign_targets
    inner join campaigns on campaign_targets.campaign_id_source = campaigns.campaign_id
    left join identifiers on {{ names_on('identifiers', 'campaign_targets.card_token', 'campaigns.start_date') }}
),

-- A person may stand on a list twice, by one card or by several: one touch, traced to its first line.
ranked as (
    select
        *,
        row_number() over (
            partition by campaign_id, coalesce(member_id, own_member_id)
            order by source_file_id nulls last, source_line nulls last
        ) as target_rank
    from targets
),

final as (
    select
        cast('T-' || campaign_id || '-' || own_member_id as string) as touch_id,
        campaign_id,
        cast(member_id as string) as member_id,
        channel,
        touched_date,
        end_date,
        source_file_id,
        source_line
    from ranked
    where target_rank = 1
)

select * from final
