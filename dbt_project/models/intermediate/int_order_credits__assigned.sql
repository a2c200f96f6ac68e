{% set methods = [
    'coupon_coded', 'first_touch', 'last_touch', 'linear', 'position_based', 'time_decay', 'shapley', 'markov'
] %}

with

claims as (
    select * from {{ ref('int_order_claims__placed') }}
),

-- Billionths of an order; by them millionths of a credit and cents are split as whole numbers, so that all add up.
shares as (
    select
        {%- for method in methods %}
            {{ share_end(method ~ '_from', method ~ '_total') }} as {{ method }}_share_from,
            {{ share_end(method ~ '_to', method ~ '_total') }} as {{ method }}_share_to,
        {%- endfor %}
        claims.*
    from claims
),

final as (
    select
        order_id,
        campaign_id,
        {%- for method in methods %}
            {%- set share = [method ~ '_share_from', method ~ '_share_to'] %}
            {{ share_between('1000000', 6, *share) }} as {{ method }}_credit,
            {{ share_between('cents', 2, *share) }} as {{ method }}_net_sales_amount,
            {{ share_between('margin_cents', 2, *share) }} as {{ method }}_margin_amount,
        {%- endfor %}
        touch_id
    from shares
)

select * from final
