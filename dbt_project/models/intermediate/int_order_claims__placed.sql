{{ config(materialized='view') }}
{% set rules = ['first_touch', 'last_touch', 'linear', 'position_based', 'time_decay'] %}
{% set learnt = ['shapley', 'markov'] %}

with

-- A refund takes from whom its sale is credited, whenever it comes; one whose sale is not known takes from nobody.
refunds as (
    select * from {{ ref('int_orders__aggregated') }}
    where refunded_order_id is not null
),

on_paths as (
    select
        paths.*,
        paths.order_id as credited_order_id,
        paths.net_sales_amount as credited_net_sales_amount,
        paths.margin_amount as credited_margin_amount
    from {{ ref('int_attribution_paths__placed') }} as paths

    union all

    select
        paths.*,
        refunds.order_id as credited_order_id,
        refunds.net_sales_amount as credited_net_sales_amount,
        refunds.margin_amount as credited_margin_amount
    from {{ ref('int_attribution_paths__placed') }} as paths
    inner join refunds on paths.order_id = refunds.refunded_order_id
),

redeemed as (
    select
        order_id,
        campaign_id,
        min(redemption_id) as touch_id,
        row_number() over (partition by order_id order by campaign_id nulls last) as coupon_coded_to,
        count(*) over (partition by order_id) as coupon_coded_total
    from {{ ref('int_redemptions__matched') }}
    where order_id is not null
    group by order_id, campaign_id
),

credited as (
    select
        orders.*,
        orders.order_id as sale_order_id
    from {{ ref('int_orders__aggregated') }} as orders

    union all

    select
        refunds.*,
        refunds.refunded_order_id as sale_order_id
    from refunds
),

-- From where to where a share reaches, of how much: the shares of an order and method lie one after the other.
final as (
    select
        on_paths.credited_order_id as order_id,
        on_paths.campaign_id,
        on_paths.touch_id,
        {%- for method in rules %}
            {{ rule_span(method, 'on_paths') }},
        {%- endfor %}
        {%- for method in learnt %}
            learnt.{{ method }}_from,
            learnt.{{ method }}_to,
            learnt.{{ method }}_total,
        {%- endfor %}
        null as coupon_coded_from,
        null as coupon_coded_to,
        null as coupon_coded_total,
        cast(on_paths.credited_net_sales_amount * 100 as bigint) as cents,
        cast(on_paths.credited_margin_amount * 100 as bigint) as margin_cents
    from on_paths
    left join {{ ref('int_attribution_learnt_spans__placed') }} as learnt
        on
            on_paths.order_id = learnt.order_id
            and on_paths.touch_id = learnt.touch_id
    where on_paths.path_position is not null

    union all

    select
        credited.order_id,
        redeemed.campaign_id,
        redeemed.touch_id,
        {%- for method in rules + learnt %}
            null as {{ method }}_from,
            null as {{ method }}_to,
            null as {{ method }}_total,
        {%- endfor %}
        redeemed.coupon_coded_to - 1 as coupon_coded_from,
        redeemed.coupon_coded_to,
        redeemed.coupon_coded_total,
        cast(credited.net_sales_amount * 100 as bigint) as cents,
        cast(credited.margin_amount * 100 as bigint) as margin_cents
    from redeemed
    inner join credited on redeemed.order_id = credited.sale_order_id
)

select * from final
