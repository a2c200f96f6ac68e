with

campaigns as (
    select * from {{ ref('int_campaigns__keyed') }}
),

campaign_days as (
    select
        campaigns.campaign_id,
        campaigns.channel,
        days.day as business_date
    from campaigns
    {{ each_day('campaigns.start_date', 'campaigns.end_date') }}
),

final as (
    select
        'campaign' as subject_type,
        campaign_id as subject_id,
        business_date
    from campaign_days

    union all

    select distinct
        'channel' as subject_type,
        channel as subject_id,
        business_date
    from campaign_days
)

select * from final
