with

campaigns as (
    select * from {{ ref('int_campaigns__keyed') }}
),

comparison_days as (
    select * from {{ ref('int_comparison_days__listed') }}
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

subjects as (
    select
        'campaign' as subject_type,
        campaign_id as subject_id
    from campaigns

    union all

    select distinct
        'channel' as subject_type,
        channel as subject_id
    from campaigns
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
    group by subjects.subject_type, subjects.subject_id
)

select * from final
