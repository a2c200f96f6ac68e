with

campaign_roi as (
    select * from {{ ref('campaign_roi') }}
),

campaign_touches as (
    select * from {{ ref('campaign_touches') }}
),

comparisons as (
    select * from {{ ref('int_comparisons__concluded') }}
    where subject_type = 'channel'
),

reached as (
    select
        channel,
        count(distinct member_id) as reached_member_count
    from campaign_touches
    group by channel
),

totals as (
    select
        channel,
        method,
        sum(cost_amount) as cost_amount,
        case when count(distinct cost_basis) > 1 then 'mixed' else min(cost_basis) end as cost_basis,
        min(currency) as currency,
        sum(attributed_net_sales_amount) as attributed_net_sales_amount,
        min(verdict) as verdict,
        min(verdict_reason) as verdict_reason
    from campaign_roi
    group by channel, method
),

-- Windows of a channel's campaigns overlap and share members: their differences must not be added up. The channel has a
-- comparison of its own, over all days on which one of its campaigns ran.
measured as (
    select
        totals.channel,
        totals.method,
        totals.cost_amount,
        totals.cost_basis,
        totals.currency,
        coalesce(reached.reached_member_count, 0) as reached_member_count,
        comparisons.control_member_count,
        totals.attributed_net_sales_amount,
        comparisons.incremental_net_sales_amount,
        comparisons.incremental_low,
        comparisons.incremental_high,
        coalesce(comparisons.verdict, totals.verdict) as verdict,
        coalesce(comparisons.verdict_reason, totals.verdict_reason) as verdict_reason
    from totals
    left join reached on totals.channel = reached.channel
    left join comparisons
        on
            totals.channel = comparisons.subject_id
            and totals.method = 'targeted_vs_never_targeted'
),

final as (
    select
        channel,
        method,
        cast(cost_amount as decimal(18, 2)) as cost_amount,
        cost_basis,
        currency,
        cast(reached_member_count as bigint) as reached_member_count,
        control_member_count,
        cast(attributed_net_sales_amount as decimal(18, 2)) as attributed_net_sales_amount,
        incremental_net_sales_amount,
        incremental_low,
        incremental_high,
        {{ exact_ratio(
            'coalesce(attributed_net_sales_amount, incremental_net_sales_amount) - cost_amount', 'cost_amount', 4
        ) }} as roi,
        verdict,
        verdict_reason
    from measured
)

select * from final
