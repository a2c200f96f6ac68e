-- One row per campaign or channel and method that the page shows: two that allocate, the naive comparison, and whatever was
-- measured. An effect stands here only together with its interval.
with
campaigns as (select * from marts.campaigns),
measured as (
    select
        'campaign' as subject, campaign_id, channel, method, method_family, cost_amount, cost_basis, reached_member_count,
        coalesce(control_member_count, control_store_count) as control_member_count, attributed_net_sales_amount,
        incremental_net_sales_amount, incremental_low, incremental_high, roi, roi_low, roi_high, verdict, verdict_reason,
    from marts.campaign_roi
    union all by name
    select
        'channel' as subject, channel, method, method_family, cost_amount, cost_basis, reached_member_count,
        control_member_count, attributed_net_sales_amount, incremental_net_sales_amount, incremental_low,
        incremental_high, roi, roi_low, roi_high, verdict, verdict_reason,
    from marts.channel_roi
),
sorted as (
    select
        *,
        case method_family when 'allocated' then 'allocation' when 'measured' then 'measurement' else 'comparison' end
            as kind,
        incremental_net_sales_amount is not null
            and incremental_low is not null
            and incremental_high is not null as has_interval,
    from measured
    where
        method in ('coupon_coded', 'last_touch')
        or method_family = 'compared'
        or (method_family = 'measured' and incremental_net_sales_amount is not null)
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
        case when has_interval then sorted.roi_low end as roi_low,
        case when has_interval then sorted.roi_high end as roi_high,
        sorted.verdict,
        sorted.verdict_reason,
    from sorted
    left join campaigns on sorted.campaign_id = campaigns.campaign_id
)
select * from final
