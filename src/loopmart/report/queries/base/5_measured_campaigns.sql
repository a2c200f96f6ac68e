-- One row per campaign or channel and method. An effect stands here only together with its interval.
with
campaigns as (select * from marts.campaigns),
measured as (
    select
        'campaign' as subject, campaign_id, channel, method, cost_amount, cost_basis, reached_member_count,
        control_member_count, attributed_net_sales_amount, incremental_net_sales_amount, incremental_low,
        incremental_high, roi, verdict, verdict_reason,
    from marts.campaign_roi
    union all by name
    select
        'channel' as subject, channel, method, cost_amount, cost_basis, reached_member_count,
        control_member_count, attributed_net_sales_amount, incremental_net_sales_amount, incremental_low,
        incremental_high, roi, verdict, verdict_reason,
    from marts.channel_roi
),
sorted as (
    select
        *,
        case
            when method in ('coupon_coded', 'last_touch') or attributed_net_sales_amount is not null then 'allocation'
            else 'comparison'
        end as kind,
        incremental_net_sales_amount is not null
            and incremental_low is not null
            and incremental_high is not null as has_interval,
    from measured
),
final as (
    select
        sorted.subject,
        sorted.kind,
        sorted.campaign_id,
        campaigns.campaign_type,
        campaigns.start_date,
        campaigns.end_date,
        sorted.channel,
        sorted.method,
        sorted.cost_amount,
        sorted.cost_basis,
        sorted.reached_member_count,
        sorted.control_member_count,
        sorted.attributed_net_sales_amount,
        case when has_interval then sorted.incremental_net_sales_amount end as effect_amount,
        case when has_interval then sorted.incremental_low end as effect_low,
        case when has_interval then sorted.incremental_high end as effect_high,
        case when kind = 'allocation' or has_interval then sorted.roi end as roi,
        case when has_interval then (incremental_low / nullif(cost_amount, 0) - 1)::decimal(18, 4) end as roi_low,
        case when has_interval then (incremental_high / nullif(cost_amount, 0) - 1)::decimal(18, 4) end as roi_high,
        sorted.verdict,
        sorted.verdict_reason,
    from sorted
    left join campaigns on sorted.campaign_id = campaigns.campaign_id
)
select * from final
