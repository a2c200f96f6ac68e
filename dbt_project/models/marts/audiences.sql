{% set alarm = 10.8276 %}

with

exports as (
    select * from {{ ref('int_audience_exports__dated') }}
),

campaigns as (
    select * from {{ ref('int_campaigns__keyed') }}
),

-- Pearson's chi-square of the two arms, one degree of freedom; one draw in 1,000 lies beyond the alarm.
checked as (
    select
        exports.*,
        campaigns.holdout_rate as planned_holdout_rate,
        exports.treatment_member_count + exports.holdout_member_count as assigned_member_count,
        power(
            cast(exports.holdout_member_count as double)
            - cast(exports.treatment_member_count + exports.holdout_member_count as double)
            * cast(campaigns.holdout_rate as double),
            2
        ) / nullif(
            cast(exports.treatment_member_count + exports.holdout_member_count as double)
            * cast(campaigns.holdout_rate as double) * (1 - cast(campaigns.holdout_rate as double)),
            0
        ) as chi_square
    from exports
    left join campaigns on exports.campaign_id = campaigns.campaign_id
),

final as (
    select
        cast(export_id as string) as export_id,
        cast(audience as string) as audience,
        cast(campaign_id as string) as campaign_id,
        cast(channel as string) as channel,
        cast(exported_at as timestamp) as exported_at,
        cast(export_date as date) as export_date,
        cast(window_start_date as date) as window_start_date,
        cast(window_end_date as date) as window_end_date,
        cast(window_day_count as int) as window_day_count,
        cast(loaded_day_count as int) as loaded_day_count,
        cast(is_window_closed as boolean) as is_window_closed,
        cast(exported_member_count as bigint) as exported_member_count,
        cast(considered_member_count as bigint) as considered_member_count,
        cast(treatment_member_count as bigint) as treatment_member_count,
        cast(holdout_member_count as bigint) as holdout_member_count,
        cast(excluded_member_count as bigint) as excluded_member_count,
        cast(mixed_member_count as bigint) as mixed_member_count,
        cast(unfound_member_count as bigint) as unfound_member_count,
        cast({{ exact_ratio('holdout_member_count', 'assigned_member_count', 4) }} as decimal(9, 4)) as holdout_rate,
        cast(planned_holdout_rate as decimal(9, 4)) as planned_holdout_rate,
        cast(case
            when assigned_member_count = 0 then 'nobody was reached or held out'
            when chi_square is null then 'the campaign list plans no hold-out rate'
            when chi_square > {{ alarm }}
                then 'not as planned: more than chance explains; compare the rate with that of the audience'
            else 'as planned, but for chance'
        end as string) as sample_ratio_note
    from checked
)

select * from final
