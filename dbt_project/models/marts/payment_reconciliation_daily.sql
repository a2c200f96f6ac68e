{%- set classes = [
    'matched', 'long', 'short', 'missing_in_bill', 'missing_in_pos', 'cross_day', 'refund_pending', 'refund_amount',
    'fee_difference', 'duplicate_charge', 'coupon_mismatch',
] -%}

with

reconciliation as (
    select * from {{ ref('payment_reconciliation') }}
),

final as (
    select
        store_id,
        business_date,
        payment_channel,
        currency,
        cast(count(*) as bigint) as row_count,
        cast(sum(pos_amount) as decimal(18, 2)) as pos_amount,
        cast(sum(bill_amount) as decimal(18, 2)) as bill_amount,
        cast(sum(difference_amount) as decimal(18, 2)) as difference_amount,
        cast(coalesce(sum(fee_amount), 0) as decimal(18, 2)) as fee_amount,
        cast(coalesce(sum(expected_fee_amount), 0) as decimal(18, 2)) as expected_fee_amount,
        {% for class in classes %}
            cast(sum(case when class = '{{ class }}' then 1 else 0 end) as bigint) as {{ class }}_count,
            cast(sum(case when class = '{{ class }}' then difference_amount else 0 end) as decimal(18, 2))
                as {{ class }}_difference_amount,
        {% endfor %}
        cast(sum(case when status = 'open' then 1 else 0 end) as bigint) as open_count,
        cast(sum(case when status = 'open' then difference_amount else 0 end) as decimal(18, 2))
            as open_difference_amount,
        cast(sum(case when days_open <= 1 then 1 else 0 end) as bigint) as open_0_to_1_days_count,
        cast(sum(case when days_open between 2 and 7 then 1 else 0 end) as bigint) as open_2_to_7_days_count,
        cast(sum(case when days_open between 8 and 30 then 1 else 0 end) as bigint) as open_8_to_30_days_count,
        cast(sum(case when days_open > 30 then 1 else 0 end) as bigint) as open_over_30_days_count
    from reconciliation
    group by store_id, business_date, payment_channel, currency
)

select * from final
