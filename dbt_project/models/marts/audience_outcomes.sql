with

outcomes as (
    select * from {{ ref('int_audience_outcomes__concluded') }}
),

exports as (
    select * from {{ ref('int_audience_exports__dated') }}
),

final as (
    select
        cast(outcomes.export_id as string) as export_id,
        cast(outcomes.measure as string) as measure,
        cast(exports.audience as string) as audience,
        cast(exports.campaign_id as string) as campaign_id,
        cast(exports.channel as string) as channel,
        cast(exports.window_start_date as date) as window_start_date,
        cast(exports.window_end_date as date) as window_end_date,
        cast(exports.window_day_count as int) as window_day_count,
        cast(exports.loaded_day_count as int) as loaded_day_count,
        cast(exports.is_window_closed as boolean) as is_window_closed,
        cast(outcomes.treatment_member_count as bigint) as treatment_member_count,
        cast(outcomes.holdout_member_count as bigint) as holdout_member_count,
        cast(outcomes.treatment_mean as decimal(18, 4)) as treatment_mean,
        cast(outcomes.holdout_mean as decimal(18, 4)) as holdout_mean,
        cast(outcomes.difference as decimal(18, 4)) as difference,
        cast(outcomes.difference_low as decimal(18, 4)) as difference_low,
        cast(outcomes.difference_high as decimal(18, 4)) as difference_high,
        cast(outcomes.detectable_difference as decimal(18, 4)) as detectable_difference,
        cast(outcomes.total_lift as decimal(18, 2)) as total_lift,
        cast(outcomes.total_lift_low as decimal(18, 2)) as total_lift_low,
        cast(outcomes.total_lift_high as decimal(18, 2)) as total_lift_high,
        cast(outcomes.confidence_level as decimal(9, 4)) as confidence_level,
        cast(outcomes.currency as string) as currency,
        cast(outcomes.verdict as string) as verdict,
        cast(outcomes.verdict_reason as string) as verdict_reason
    from outcomes
    inner join exports on outcomes.export_id = exports.export_id
)

select * from final
