with

entries as (
    select * from {{ ref('int_settlement_entries__listed') }}
),

reconciliation as (
    select * from {{ ref('payment_reconciliation') }}
),

expected_fees as (
    select
        store_id,
        payment_channel,
        business_date,
        currency,
        sum(expected_fee_amount) as expected_fee_amount
    from reconciliation
    where expected_fee_amount is not null
    group by store_id, payment_channel, business_date, currency
),

summed as (
    select
        store_id,
        payment_channel,
        business_date,
        currency,
        sum(case when origin = 'bill' and movement = 'payment' then amount else 0 end) as gross_amount,
        sum(case when origin = 'bill' and movement <> 'payment' then -amount else 0 end) as refund_amount,
        sum(coupon_funded_amount) as coupon_funded_amount,
        sum(fee_amount) as fee_amount,
        sum(case when origin = 'bill' then amount - fee_amount else 0 end) as net_to_arrive_amount,
        sum(
            case when origin = 'account' and movement in ('trade', 'refund', 'fee', 'coupon') then amount else 0 end
        ) as account_amount,
        sum(case when origin = 'account' and movement = 'payout' then -amount else 0 end) as payout_amount,
        sum(case when origin = 'account' and movement = 'other' then amount else 0 end) as other_amount,
        sum(case when origin = 'bank' then amount else 0 end) as bank_amount,
        max(case when origin = 'account' then 1 else 0 end) as has_account,
        max(case when origin = 'bank' then 1 else 0 end) as has_bank
    from entries
    group by store_id, payment_channel, business_date, currency
),

running as (
    select
        *,
        max(has_account) over (partition by store_id, payment_channel, currency) as tells_account,
        max(has_bank) over (partition by store_id, payment_channel, currency) as tells_bank,
        sum(net_to_arrive_amount - bank_amount) over (
            partition by store_id, payment_channel, currency order by business_date nulls last
            rows between unbounded preceding and current row
        ) as open_amount
    from summed
),

final as (
    select
        running.store_id,
        running.payment_channel,
        running.business_date,
        running.currency,
        cast(running.gross_amount as decimal(18, 2)) as gross_amount,
        cast(running.refund_amount as decimal(18, 2)) as refund_amount,
        cast(running.coupon_funded_amount as decimal(18, 2)) as coupon_funded_amount,
        cast(running.fee_amount as decimal(18, 2)) as fee_amount,
        cast(expected_fees.expected_fee_amount as decimal(18, 2)) as expected_fee_amount,
        cast(running.net_to_arrive_amount as decimal(18, 2)) as net_to_arrive_amount,
        cast(case when running.tells_account = 1 then running.account_amount end as decimal(18, 2)) as account_amount,
        cast(
            case when running.tells_account = 1 then running.net_to_arrive_amount - running.account_amount end
            as decimal(18, 2)
        ) as account_difference_amount,
        cast(case when running.tells_account = 1 then running.payout_amount end as decimal(18, 2)) as payout_amount,
        cast(case when running.tells_account = 1 then running.other_amount end as decimal(18, 2)) as other_amount,
        cast(case when running.tells_bank = 1 then running.bank_amount end as decimal(18, 2)) as bank_amount,
        cast(case when running.tells_bank = 1 then running.open_amount end as decimal(18, 2)) as open_amount
    from running
    left join expected_fees
        on
            running.store_id = expected_fees.store_id
            and running.payment_channel = expected_fees.payment_channel
            and running.business_date = expected_fees.business_date
            and running.currency = expected_fees.currency
)

select * from final
