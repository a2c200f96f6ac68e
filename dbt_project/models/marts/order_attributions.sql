{{ config(materialized='view') }}
{% set methods = [
    'coupon_coded', 'first_touch', 'last_touch', 'linear', 'position_based', 'time_decay', 'shapley', 'markov'
] %}

with

order_credits as (
    select * from {{ ref('int_order_credits__assigned') }}
),

final as (
    {%- for method in methods %}
        select
            order_id,
            campaign_id,
            touch_id,
            '{{ method }}' as method,
            {{ method }}_credit as credit,
            {{ method }}_net_sales_amount as attributed_net_sales_amount,
            {{ method }}_margin_amount as attributed_margin_amount
        from order_credits
        where {{ method }}_credit is not null
        {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
