with

campaign_roi as (
    select * from {{ ref('campaign_roi') }}
),

campaign_touches as (
    select * from {{ ref('campaign_touches') }}
),

order_attributions as (
    select * from {{ ref('order_attributions') }}
),

orders as (
    select * from {{ ref('orders') }}
),

experiments as (
    select * from {{ ref('int_experiments__concluded') }}
    where subject_type = 'channel'
),

reached as (
    select
        channel,
        count(distinct member_id) as reached_member_count
    from campaign_touches
    group by channel
),

-- The credits of a first order add up to one new member, so that channels share members as they share orders.
new_members as (
    select
        campaign_roi.channel,
        campaign_roi.method,
        sum(order_attributions.credit) as new_member_credit
    from order_attributions
    inner join orders on order_attributions.order_id = orders.order_id
    inner join campaign_roi
        on
            order_attributions.campaign_id = campaign_roi.campaign_id
            and order_attributions.method = campaign_roi.method
    where orders.is_first_order
    group by campaign_roi.channel, campaign_roi.method
),

totals as (
    select
        channel,
        method,
        min(method_family) as method_family,
        {%- set of_one_currency = "case when count(distinct currency) <= 1 then" %}
        {{ of_one_currency }} sum(cost_amount) end as cost_amount,
        {{ of_one_currency }} {{ basis_of_sum('cost_basis') }} end as cost_basis,
        {{ of_one_currency }} min(currency) end as currency,
        {{ of_one_currency }} '' else '; costs in several currencies are not added up' end as currency_lack,
        sum(attributed_net_sales_amount) as attributed_net_sales_amount,
        case when count(attributed_margin_amount) = count(*) then sum(attributed_margin_amount) end
            as attributed_margin_amount,
        min(verdict) as allocated_verdict,
        min(verdict_reason) as allocated_reason
    from campaign_roi
    group by channel, method
),

-- Windows of a channel's campaigns overlap and share members: differences to members never targeted must not be added
-- up. The channel has a comparison of its own, over all days on which one of its campaigns ran.
measured as (
    select
        totals.*,
        coalesce(reached.reached_member_count, 0) as reached_member_count,
        experiments.control_member_count,
        experiments.naive_net_sales_amount,
        experiments.incremental_net_sales_amount,
        experiments.incremental_low,
        experiments.incremental_high,
        experiments.confidence_level,
        case when totals.method_family = 'allocated' then coalesce(new_members.new_member_credit, 0) end
            as new_member_credit,
        coalesce(experiments.verdict, totals.allocated_verdict) as verdict,
        coalesce(experiments.verdict_reason, totals.allocated_reason) || totals.currency_lack as verdict_reason
    from totals
    left join reached on totals.channel = reached.channel
    left join new_members on totals.channel = new_members.channel and totals.method = new_members.method
    left join experiments
        on
            totals.channel = experiments.subject_id
            and totals.method = experiments.method
),

final as (
    select
        channel,
        method,
        method_family,
        cast(cost_amount as decimal(18, 2)) as cost_amount,
        cost_basis,
        currency,
        cast(reached_member_count as bigint) as reached_member_count,
        control_member_count,
        cast(attributed_net_sales_amount as decimal(18, 2)) as attributed_net_sales_amount,
        cast(attributed_margin_amount as decimal(18, 2)) as attributed_margin_amount,
        naive_net_sales_amount,
        incremental_net_sales_amount,
        incremental_low,
        incremental_high,
        confidence_level,
        {{ return_on('coalesce(attributed_net_sales_amount, incremental_net_sales_amount)', 'cost_amount') }} as roi,
        {{ return_on('incremental_low', 'cost_amount') }} as roi_low,
        {{ return_on('incremental_high', 'cost_amount') }} as roi_high,
        {{ return_on('attributed_margin_amount', 'cost_amount') }} as margin_roi,
        cast(new_member_credit as decimal(18, 4)) as new_member_credit,
        cast({{ exact_ratio('cost_amount', 'new_member_credit', 2) }} as decimal(18, 2)) as cost_per_new_member_amount,
        verdict,
        verdict_reason
    from measured
)

select * from final
