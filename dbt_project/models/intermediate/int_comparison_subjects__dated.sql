with

campaigns as (
    select * from {{ ref('int_campaigns__keyed') }}
),

campaign_costs as (
    select * from {{ ref('int_campaign_costs__summed') }}
),

comparison_days as (
    select * from {{ ref('int_comparison_days__listed') }}
    where not is_before
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

subjects as (
    select
        'campaign' as subject_type,
        campaign_id as subject_id,
        channel
    from campaigns

    union all

    select distinct
        'channel' as subject_type,
        channel as subject_id,
        channel
    from campaigns

    union all

    select distinct
        comparison_days.subject_type,
        comparison_days.subject_id,
        campaigns.channel
    from comparison_days
    inner join campaigns on comparison_days.subject_id = campaigns.campaign_id
    where comparison_days.subject_type = 'holdout'
),

loaded as (
    select
        min(business_date) as first_date,
        max(business_date) as last_date
    from orders
),

final as (
    select
        subjects.subject_type,
        subjects.subject_id,
        subjects.channel,
        min(campaign_costs.spend_amount) as cost_amount,
        cast(count(comparison_days.business_date) as int) as window_day_count,
        cast(count(
            case
                when comparison_days.business_date between loaded.first_date and loaded.last_date
                    then comparison_days.business_date
            end
        ) as int) as loaded_day_count
    from subjects
    cross join loaded
    left join comparison_days
        on
            subjects.subject_type = comparison_days.subject_type
            and subjects.subject_id = comparison_days.subject_id
    left join campaign_costs
        on
            subjects.subject_type <> 'channel'
            and subjects.subject_id = campaign_costs.campaign_id
    group by subjects.subject_type, subjects.subject_id, subjects.channel
)

select * from final
