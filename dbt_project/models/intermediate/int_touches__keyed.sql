with

campaign_targets as (
    select * from {{ ref('stg_bronze__campaign_targets') }}
),

campaigns as (
    select * from {{ ref('int_campaigns__keyed') }}
),

-- The same card may stand on a list twice: one touch, traced to its first line.
targets as (
    select
        campaign_id_source as campaign_id,
        {{ member_id('card_token') }} as member_id,
        _file_id as source_file_id,
        _line as source_line,
        row_number() over (
            partition by campaign_id_source, {{ member_id('card_token') }}
            order by _file_id nulls last, _line nulls last
        ) as target_rank
    from campaign_targets
),

final as (
    select
        cast('T-' || targets.campaign_id || '-' || targets.member_id as string) as touch_id,
        targets.campaign_id,
        cast(targets.member_id as string) as member_id,
        campaigns.channel,
        -- The lists say who was told, not when: a campaign's first day stands for the day of the touch.
        campaigns.start_date as touched_date,
        campaigns.end_date,
        targets.source_file_id,
        targets.source_line
    from targets
    inner join campaigns on targets.campaign_id = campaigns.campaign_id
    where targets.target_rank = 1
)

select * from final
