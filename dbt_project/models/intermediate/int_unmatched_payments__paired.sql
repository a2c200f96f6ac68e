{%- set number_seconds = reconciliation_parameter('number_days') * 86400 -%}
{%- set amount_seconds = reconciliation_parameter('amount_minutes') * 60 -%}

with

points as (
    {{ points_without(
        ref('int_unmatched_payments__listed'),
        [ref('int_unmatched_payments__numbered'), ref('int_combined_payments__split')]
    ) }}
),

bill_numbers as (
    select * from {{ ref('int_bill_numbers__shared') }}
),

by_payment as (
    {{ closest_pairs('points', 'payment_key', number_seconds) }}
),

points_without_payment as (
    {{ points_without('points', ['by_payment']) }}
),

by_number as (
    {{ closest_pairs('points_without_payment', 'number_key', number_seconds) }}
),

points_without_number as (
    {{ points_without('points_without_payment', ['by_number']) }}
),

-- A tender whose payment number no bill has, and an entry whose order number no till has, have nothing to meet.
free_points as (
    select points_without_number.*
    from points_without_number
    left join bill_numbers
        on
            points_without_number.store_id = bill_numbers.store_id
            and points_without_number.payment_channel = bill_numbers.payment_channel
            and points_without_number.kind = bill_numbers.kind
    where
        (points_without_number.side = 1 and points_without_number.payment_key is null)
        or (
            points_without_number.side = -1
            and (points_without_number.number_key is null or not coalesce(bill_numbers.is_shared, false))
        )
),

by_amount as (
    {{ closest_pairs('free_points', 'amount_key', amount_seconds) }}
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

    union all

    select
        tender_id,
        payment_id,
        cast('amount_and_time' as string) as match_rule,
        seconds_apart
    from by_amount
)

select * from final
