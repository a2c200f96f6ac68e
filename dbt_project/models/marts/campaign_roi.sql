with

campaigns as (
    select * from {{ ref('campaigns') }}
),

order_attributions as (
    select * from {{ ref('order_attributions') }}
),

comparisons as (
    select * from {{ ref('int_comparisons__concluded') }}
    where subject_type = 'campaign'
),

allocations as (
    select
        campaign_id,
        method,
        sum(attributed_net_sales_amount) as attributed_net_sales_amount
    from order_attributions
    group by campaign_id, method
),

methods as (
    select 'coupon_coded' as method
    union all
    select 'last_touch' as method
),

allocated as (
    select
        campaigns.*,
        methods.method,
        cast(null as bigint) as control_member_count,
        cast(coalesce(allocations.attributed_net_sales_amount, 0) as decimal(18, 2)) as attributed_net_sales_amount,
        cast(null as decimal(18, 2)) as incremental_net_sales_amount,
        cast(null as decimal(18, 2)) as incremental_low,
        cast(null as decimal(18, 2)) as incremental_high,
        'allocated only' as verdict,
        'orders are shared out by a rule: what would have been bought without the campaign is not known'
        || coalesce('; ' || comparisons.window_lack, '') as verdict_reason
    from campaigns
    cross join methods
    left join comparisons on campaigns.campaign_id = comparisons.subject_id
    left join allocations
        on
            campaigns.campaign_id = allocations.campaign_id
            and methods.method = allocations.method
),

compared as (
    select
        campaigns.*,
        'targeted_vs_never_targeted' as method,
        comparisons.control_member_count,
        cast(null as decimal(18, 2)) as attributed_net_sales_amount,
        comparisons.incremental_net_sales_amount,
        comparisons.incremental_low,
        comparisons.incremental_high,
        comparisons.verdict,
        comparisons.verdict_reason
    from campaigns
    inner join comparisons on campaigns.campaign_id = comparisons.subject_id
),

measured as (
    select * from allocated
    union all
    select * from compared
),

final as (
    select
        campaign_id,
        channel,
        method,
        spend_amount as cost_amount,
        spend_basis as cost_basis,
        currency,
        target_member_count as reached_member_count,
        control_member_count,
        attributed_net_sales_amount,
        incremental_net_sales_amount,
        incremental_low,
        incremental_high,
        {{ exact_ratio(
            'coalesce(attributed_net_sales_amount, incremental_net_sales_amount) - spend_amount', 'spend_amount', 4
        ) }} as roi,
        verdict,
        verdict_reason
    from measured
)

select * from final
