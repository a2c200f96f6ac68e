{%- set seconds = reconciliation_parameter('number_days') * 86400 -%}

with

points as (
    select
        point_id,
        side,
        second,
        case when number_key is not null then {{ row_hash(['number_key', 'amount']) }} end as number_amount_key,
        case when payment_key is not null then {{ row_hash(['payment_key', 'amount']) }} end as payment_amount_key
    from {{ ref('int_unmatched_payments__listed') }}
),

by_payment as (
    {{ closest_pairs('points', 'payment_amount_key', seconds) }}
),

free_points as (
    {{ points_without('points', ['by_payment']) }}
),

by_number as (
    {{ closest_pairs('free_points', 'number_amount_key', seconds) }}
),

final as (
    select
        tender_id,
        payment_id,
        cast('payment_number' as string) as match_rule,
        seconds_apart
    from by_payment

    union all

    select
        tender_id,
        payment_id,
        cast('order_number' as string) as match_rule,
        seconds_apart
    from by_number
)

select * from final
