{{ config(materialized='view') }}

with

matches as (
    select * from {{ ref('int_payment_matches__assigned') }}
),

fee_rates as (
    select * from {{ ref('int_fee_rates__assigned') }}
),

coupon_conflicts as (
    select * from {{ ref('int_coupon_conflicts__found') }}
),

-- The fee is the contract's share of the amount, rounded half up to the cent; a refund gives its part back.
costed as (
    select
        matches.*,
        coupon_conflicts.payment_id is not null as has_coupon_conflict,
        cast(case
            when matches.fee_base_amount < 0 then -round(-matches.fee_base_amount * fee_rates.fee_rate, 2)
            else round(matches.fee_base_amount * fee_rates.fee_rate, 2)
        end as decimal(18, 2)) as expected_fee_amount
    from matches
    left join fee_rates
        on
            matches.payment_channel = fee_rates.payment_channel
            and matches.store_id = fee_rates.store_id
            and matches.bill_date >= fee_rates.valid_from
            and matches.bill_date <= fee_rates.valid_to
    left join coupon_conflicts on matches.payment_id = coupon_conflicts.payment_id
),

final as (
    select
        tender_id,
        payment_id,
        store_id,
        payment_channel,
        kind,
        currency,
        order_id,
        pos_amount,
        bill_amount,
        pos_date,
        bill_date,
        match_rule,
        match_rank,
        candidate_count,
        seconds_apart,
        tender_share,
        payment_share,
        is_repetition,
        fee_amount,
        fee_base_amount,
        merchant_discount_amount,
        platform_discount_amount,
        pos_file_id,
        pos_line,
        bill_file_id,
        bill_line,
        expected_fee_amount,
        cast(case
            when coalesce(pos_amount, 0) = 0 and coalesce(bill_amount, 0) = 0 then 'matched'
            when payment_id is null then case when kind = 'refund' then 'refund_pending' else 'missing_in_bill' end
            when tender_id is null then case when is_repetition then 'duplicate_charge' else 'missing_in_pos' end
            when pos_amount <> bill_amount and kind = 'refund' then 'refund_amount'
            when
                pos_amount <> bill_amount
                and pos_amount - bill_amount in (
                    coalesce(merchant_discount_amount, 0),
                    -coalesce(platform_discount_amount, 0),
                    coalesce(merchant_discount_amount, 0) - coalesce(platform_discount_amount, 0)
                ) then 'coupon_mismatch'
            when pos_amount < bill_amount then 'long'
            when pos_amount > bill_amount then 'short'
            when pos_date <> bill_date then 'cross_day'
            when has_coupon_conflict then 'coupon_mismatch'
            when fee_amount <> expected_fee_amount then 'fee_difference'
            else 'matched'
        end as string) as class
    from costed
)

select * from final
