with

campaigns as (
    select * from {{ ref('stg_bronze__campaigns') }}
),

campaign_targets as (
    select * from {{ ref('stg_bronze__campaign_targets') }}
),

coupon_redemptions as (
    select * from {{ ref('stg_bronze__coupon_redemptions') }}
),

campaign_spend as (
    select * from {{ ref('stg_bronze__campaign_spend') }}
),

-- Several lists may count at once: the one of the latest period describes the campaign.
listed as (
    select
        *,
        row_number() over (
            partition by campaign_id_source
            order by
                _period_end desc nulls last,
                _period_start desc nulls last,
                _file_id asc nulls last,
                _line asc nulls last
        ) as list_rank
    from campaigns
),

mentioned as (
    select campaign_id_source from campaign_targets
    union distinct
    select campaign_id_source from coupon_redemptions
    union distinct
    select campaign_id_source from campaign_spend
),

final as (
    select
        campaign_id_source as campaign_id,
        campaign_type,
        channel,
        start_date,
        end_date,
        false as is_unmapped
    from listed
    where list_rank = 1

    union all

    select
        mentioned.campaign_id_source as campaign_id,
        cast(null as string) as campaign_type,
        'unknown' as channel,
        cast(null as date) as start_date,
        cast(null as date) as end_date,
        true as is_unmapped
    from mentioned
    left join listed on mentioned.campaign_id_source = listed.campaign_id_source
    where listed.campaign_id_source is null
)

select * from final
