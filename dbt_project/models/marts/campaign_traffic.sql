with

-- Of 1 to 4 days before, twelfths are whole numbers.
weekdays as (
    select
        *,
        day_count * baseline_visitor_count * {{ int_quotient(12, 'nullif(baseline_day_count, 0)') }}
            as baseline_twelfths
    from {{ ref('int_campaign_weekdays__counted') }}
),

summed as (
    select
        campaign_id,
        store_id,
        first_date,
        last_date,
        sum(day_count) as day_count,
        sum(counted_day_count) as counted_day_count,
        sum(visitor_count) as visitor_count,
        sum(matched_visitor_count) as matched_visitor_count,
        sum(order_count) as order_count,
        sum(baseline_day_count) as baseline_day_count,
        sum(case when baseline_day_count = 0 then day_count else 0 end) as unmatched_day_count,
        sum(baseline_twelfths) as baseline_twelfths,
        sum(baseline_matched_visitor_count) as baseline_matched_visitor_count,
        sum(baseline_order_count) as baseline_order_count
    from weekdays
    group by campaign_id, store_id, first_date, last_date
),

scaled as (
    select
        *,
        case when unmatched_day_count = 0 then {{ exact_ratio('baseline_twelfths', 12, 0) }} end
            as baseline_visitor_count,
        counted_day_count = day_count and unmatched_day_count = 0 as is_comparable
    from summed
),

final as (
    select
        campaign_id,
        store_id,
        first_date,
        last_date,
        cast(day_count as bigint) as day_count,
        cast(counted_day_count as bigint) as counted_day_count,
        cast(visitor_count as bigint) as visitor_count,
        cast(baseline_day_count as bigint) as baseline_day_count,
        cast(baseline_visitor_count as bigint) as baseline_visitor_count,
        cast(case when is_comparable then visitor_count - baseline_visitor_count end as bigint) as visitor_change_count,
        case when is_comparable then {{ exact_ratio('visitor_count', 'baseline_visitor_count', 4) }} end
            as visitor_ratio,
        cast({{ exact_ratio('order_count', 'matched_visitor_count', 4) }} as decimal(9, 4)) as conversion_rate,
        cast({{ exact_ratio('baseline_order_count', 'baseline_matched_visitor_count', 4) }} as decimal(9, 4))
            as baseline_conversion_rate,
        case when is_comparable then 'not causal' else 'not enough data' end as verdict,
        case
            when is_comparable
                then 'days of the same store before and during: season, weather and all else that changed is in it, too'
            else concat_ws(
                '; ',
                case
                    when counted_day_count < day_count
                        then
                            'no door counter file covers ' || cast(day_count - counted_day_count as string)
                            || ' of ' || cast(day_count as string) || ' days'
                end,
                case
                    when unmatched_day_count > 0
                        then
                            'for ' || cast(unmatched_day_count as string) || ' of ' || cast(day_count as string)
                            || ' days none covers the same weekday in the four weeks before'
                end
            )
        end as verdict_reason
    from scaled
)

select * from final
