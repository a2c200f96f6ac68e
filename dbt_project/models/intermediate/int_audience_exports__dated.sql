with

audience_members as (
    select * from {{ ref('int_audience_members__keyed') }}
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

loaded as (
    select
        min(business_date) as first_date,
        max(business_date) as last_date
    from orders
),

exports as (
    select
        export_id,
        min(audience) as audience,
        min(campaign_id) as campaign_id,
        min(channel) as channel,
        min(exported_at) as exported_at,
        min(export_date) as export_date,
        min(window_start_date) as window_start_date,
        min(window_end_date) as window_end_date,
        sum(exported_member_count) as exported_member_count,
        count(*) as considered_member_count,
        count(case when arm = 'treatment' then 1 end) as treatment_member_count,
        count(case when arm = 'holdout' then 1 end) as holdout_member_count,
        count(case when arm = 'excluded' then 1 end) as excluded_member_count,
        count(case when arm = 'mixed' then 1 end) as mixed_member_count,
        count(case when arm in ('treatment', 'holdout') and member_id is null then 1 end) as unfound_member_count
    from audience_members
    group by export_id
),

final as (
    select
        exports.export_id,
        exports.audience,
        exports.campaign_id,
        exports.channel,
        exports.exported_at,
        exports.export_date,
        exports.window_start_date,
        exports.window_end_date,
        cast({{ days_between('exports.window_start_date', 'exports.window_end_date') }} + 1 as int) as window_day_count,
        cast(coalesce(greatest(
            {{ days_between(
                'greatest(exports.window_start_date, loaded.first_date)',
                'least(exports.window_end_date, loaded.last_date)'
            ) }} + 1,
            0
        ), 0) as int) as loaded_day_count,
        coalesce(exports.window_end_date <= loaded.last_date, false) as is_window_closed,
        cast(exports.exported_member_count as bigint) as exported_member_count,
        cast(exports.considered_member_count as bigint) as considered_member_count,
        cast(exports.treatment_member_count as bigint) as treatment_member_count,
        cast(exports.holdout_member_count as bigint) as holdout_member_count,
        cast(exports.excluded_member_count as bigint) as excluded_member_count,
        cast(exports.mixed_member_count as bigint) as mixed_member_count,
        cast(exports.unfound_member_count as bigint) as unfound_member_count
    from exports
    cross join loaded
)

select * from final
