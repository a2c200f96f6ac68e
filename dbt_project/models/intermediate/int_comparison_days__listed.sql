with

campaigns as (
    select * from {{ ref('int_campaigns__keyed') }}
),

audience_members as (
    select * from {{ ref('int_audience_members__keyed') }}
    where arm in ('treatment', 'holdout') and campaign_id is not null
),

campaign_days as (
    select
        campaigns.campaign_id,
        campaigns.channel,
        days.day as business_date
    from campaigns
    {{ each_day('campaigns.start_date', 'campaigns.end_date') }}
),

-- Members held out are compared from the day after their first export on: on that of the export they may have bought
-- before anybody told them.
holdouts as (
    select
        campaign_id,
        {{ days_after('min(export_date)', 1) }} as first_date,
        max(window_end_date) as last_date
    from audience_members
    group by campaign_id
),

holdout_days as (
    select
        holdouts.campaign_id,
        days.day as business_date,
        {{ days_between('holdouts.first_date', 'days.day') }} as day_position,
        {{ days_between('holdouts.first_date', 'holdouts.last_date') }} as last_position,
        holdouts.first_date
    from holdouts
    {{ each_day('holdouts.first_date', 'holdouts.last_date') }}
),

final as (
    select
        'campaign' as subject_type,
        campaign_id as subject_id,
        business_date,
        false as is_before
    from campaign_days

    union all

    select distinct
        'channel' as subject_type,
        channel as subject_id,
        business_date,
        false as is_before
    from campaign_days

    union all

    select
        'holdout' as subject_type,
        campaign_id as subject_id,
        business_date,
        false as is_before
    from holdout_days

    union all

    -- As many days before.
    select
        'holdout' as subject_type,
        campaign_id as subject_id,
        {{ days_after('first_date', 'day_position - last_position - 1') }} as business_date,
        true as is_before
    from holdout_days
)

select * from final
