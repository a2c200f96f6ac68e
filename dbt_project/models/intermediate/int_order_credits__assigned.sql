{{ config(materialized='view') }}

with

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

paths as (
    select * from {{ ref('int_attribution_paths__placed') }}
    where path_position is not null
),

rules as (
    select * from {{ ref('int_attribution_methods__listed') }}
    where method in ('first_touch', 'last_touch', 'linear', 'position_based', 'time_decay')
),

-- A refund takes from whom its sale is credited, whenever it comes; one whose sale is not known takes from nobody.
credited as (
    select
        order_id as sale_order_id,
        order_id,
        net_sales_amount,
        margin_amount
    from orders

    union all

    select
        refunded_order_id as sale_order_id,
        order_id,
        net_sales_amount,
        margin_amount
    from orders
    where refunded_order_id is not null
),

-- From where to where a share reaches, of how much: the shares of an order and method lie one after the other.
placed as (
    select
        order_id,
        campaign_id,
        min(redemption_id) as touch_id,
        'coupon_coded' as method,
        row_number() over (partition by order_id order by campaign_id nulls last) - 1 as span_from,
        row_number() over (partition by order_id order by campaign_id nulls last) as span_to,
        count(*) over (partition by order_id) as span_total
    from {{ ref('int_redemptions__matched') }}
    where order_id is not null
    group by order_id, campaign_id

    union all

    select * from {{ ref('int_attribution_learnt_spans__placed') }}
),

-- All of a path is credited before its touches are shared out by each rule: a join for a touch, not for a share.
on_paths as (
    select
        credited.order_id,
        credited.net_sales_amount,
        credited.margin_amount,
        paths.touch_id,
        paths.campaign_id,
        paths.path_position,
        paths.path_length,
        paths.decay_from,
        paths.decay_to,
        paths.decay_total
    from paths
    inner join credited on paths.order_id = credited.sale_order_id
),

spans as (
    select
        on_paths.order_id,
        on_paths.campaign_id,
        on_paths.touch_id,
        rules.method,
        on_paths.net_sales_amount,
        on_paths.margin_amount,
        {{ rule_span('rules.method', 'on_paths') }}
    from on_paths
    cross join rules

    union all

    select
        credited.order_id,
        placed.campaign_id,
        placed.touch_id,
        placed.method,
        credited.net_sales_amount,
        credited.margin_amount,
        placed.span_from,
        placed.span_to,
        placed.span_total
    from placed
    inner join credited on placed.order_id = credited.sale_order_id
),

final as (
    select
        order_id,
        campaign_id,
        touch_id,
        method,
        net_sales_amount as order_net_sales_amount,
        margin_amount as order_margin_amount,
        {{ int_quotient('cast(span_from as bigint) * 1000000000 + span_total - 1', 'span_total') }} as share_from,
        {{ int_quotient('cast(span_to as bigint) * 1000000000 + span_total - 1', 'span_total') }} as share_to
    from spans
    where span_to > span_from
)

select * from final
