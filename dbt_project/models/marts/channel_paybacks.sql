with

campaigns as (
    select * from {{ ref('campaigns') }}
),

campaign_spend_daily as (
    select * from {{ ref('campaign_spend_daily') }}
),

order_attributions as (
    select * from {{ ref('order_attributions') }}
),

orders as (
    select
        *,
        cast(date_trunc('month', business_date) as date) as order_month
    from {{ ref('orders') }}
    where member_id is not null
),

-- Whom a channel won, and which part of each: the credits of the first order.
new_members as (
    select
        campaigns.channel,
        order_attributions.method,
        orders.member_id,
        orders.order_month as cohort_month,
        sum(order_attributions.credit) as credit
    from order_attributions
    inner join orders on order_attributions.order_id = orders.order_id
    inner join campaigns on order_attributions.campaign_id = campaigns.campaign_id
    where orders.is_first_order
    group by campaigns.channel, order_attributions.method, orders.member_id, orders.order_month
),

won as (
    select
        channel,
        method,
        cohort_month,
        sum(credit) as new_member_credit
    from new_members
    group by channel, method, cohort_month
),

costs as (
    select
        campaigns.channel,
        campaign_spend_daily.currency,
        cast(date_trunc('month', campaign_spend_daily.business_date) as date) as cohort_month,
        sum(campaign_spend_daily.amount) as cost_amount
    from campaign_spend_daily
    inner join campaigns on campaign_spend_daily.campaign_id = campaigns.campaign_id
    group by
        campaigns.channel,
        campaign_spend_daily.currency,
        cast(date_trunc('month', campaign_spend_daily.business_date) as date)
),

-- What the members bought from their first month on, by month and currency.
sold as (
    select
        new_members.channel,
        new_members.method,
        new_members.cohort_month,
        orders.currency,
        greatest(orders.order_month, new_members.cohort_month) as order_month,
        sum(new_members.credit * orders.net_sales_amount) as net_sales_amount,
        sum(new_members.credit * orders.margin_amount) as margin_amount,
        count(case when orders.margin_amount is null then 1 end) as unknown_count
    from new_members
    inner join orders on new_members.member_id = orders.member_id
    group by
        new_members.channel,
        new_members.method,
        new_members.cohort_month,
        orders.currency,
        greatest(orders.order_month, new_members.cohort_month)
),

paid as (
    select
        channel,
        method,
        cohort_month,
        currency,
        order_month,
        sum(net_sales_amount) over past as cumulative_net_sales_amount,
        case when sum(unknown_count) over past = 0 then sum(margin_amount) over past end as cumulative_margin_amount
    from sold
    window past as (
        partition by channel, method, cohort_month, currency
        order by order_month nulls last rows between unbounded preceding and current row
    )
),

final as (
    select
        paid.channel,
        paid.method,
        paid.cohort_month,
        paid.currency,
        {{ months_between('paid.cohort_month', 'paid.order_month') }} as months_since,
        cast(won.new_member_credit as decimal(18, 4)) as new_member_credit,
        cast(costs.cost_amount as decimal(18, 2)) as cost_amount,
        cast(paid.cumulative_net_sales_amount as decimal(18, 2)) as cumulative_net_sales_amount,
        cast(paid.cumulative_margin_amount as decimal(18, 2)) as cumulative_margin_amount,
        {{ exact_ratio('paid.cumulative_margin_amount', 'costs.cost_amount', 4) }} as payback_ratio
    from paid
    inner join won
        on
            paid.channel = won.channel and paid.method = won.method and paid.cohort_month = won.cohort_month
    left join costs
        on
            paid.channel = costs.channel and paid.currency = costs.currency and paid.cohort_month = costs.cohort_month
)

select * from final
