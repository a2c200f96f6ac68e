with

payments as (
    select * from {{ ref('stg_bronze__payments') }}
),

flows as (
    select * from {{ ref('stg_bronze__fund_flows') }}
),

bank_entries as (
    select * from {{ ref('stg_bronze__bank_entries') }}
    where payment_channel <> 'other'
),

stores as (
    select * from {{ ref('int_stores__listed') }}
),

payment_numbers as (
    select
        payment_channel,
        entry_id_source as number_source,
        store_id
    from payments
    union all
    select
        payment_channel,
        payment_id_source as number_source,
        store_id
    from payments
),

paid_stores as (
    select
        payment_channel,
        number_source,
        min(store_id) as store_id
    from payment_numbers
    group by payment_channel, number_source
),

-- An entry on the account is of the store that was paid; a payout names no payment and is of the store that sent it.
entries as (
    select
        'bill' as origin,
        kind as movement,
        store_id,
        payment_channel,
        business_date,
        currency,
        amount,
        coalesce(fee_amount, 0) as fee_amount,
        coalesce(platform_discount_amount, 0) as coupon_funded_amount,
        _file_id,
        _line
    from payments
    union all
    select
        'account' as origin,
        {{ account_movement('flows.business_type') }} as movement,
        coalesce(paid_stores.store_id, stores.store_id) as store_id,
        flows.payment_channel,
        flows.business_date,
        flows.currency,
        flows.amount,
        0 as fee_amount,
        0 as coupon_funded_amount,
        flows._file_id,
        flows._line
    from flows
    left join paid_stores
        on
            flows.payment_channel = paid_stores.payment_channel
            and flows.business_id_source = paid_stores.number_source
    left join stores on flows.sender_id = stores.store_id
    union all
    select
        'bank' as origin,
        'arrival' as movement,
        store_id,
        payment_channel,
        business_date,
        currency,
        amount,
        0 as fee_amount,
        0 as coupon_funded_amount,
        _file_id,
        _line
    from bank_entries
),

final as (
    select
        cast(origin as string) as origin,
        cast(movement as string) as movement,
        cast(coalesce(store_id, '') as string) as store_id,
        payment_channel,
        business_date,
        currency,
        cast(amount as decimal(18, 2)) as amount,
        cast(fee_amount as decimal(18, 2)) as fee_amount,
        cast(coupon_funded_amount as decimal(18, 2)) as coupon_funded_amount,
        _file_id as source_file_id,
        _line as source_line
    from entries
)

select * from final
