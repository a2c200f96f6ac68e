with

accounts as (
    select distinct
        payment_channel,
        coalesce(merchant_id_source, '') as merchant_id_source,
        coalesce(store_id, '') as store_id
    from {{ ref('int_payments__keyed') }}
    where origin = 'bill'
),

rates as (
    select * from {{ ref('payment_fee_rates') }}
),

ranked as (
    select
        accounts.payment_channel,
        accounts.merchant_id_source,
        accounts.store_id,
        cast(rates.fee_rate as decimal(9, 6)) as fee_rate,
        coalesce(rates.valid_from, date '0001-01-01') as valid_from,
        coalesce(rates.valid_to, date '9999-12-31') as valid_to,
        rank() over (
            partition by accounts.payment_channel, accounts.merchant_id_source, accounts.store_id
            order by
                case when rates.store_id is not null then 1 else 2 end asc nulls last,
                case when rates.merchant_id_source is not null then 1 else 2 end asc nulls last
        ) as specificity_rank
    from accounts
    inner join rates
        on
            accounts.payment_channel = rates.payment_channel
            and accounts.merchant_id_source = coalesce(rates.merchant_id_source, accounts.merchant_id_source)
            and accounts.store_id = coalesce(rates.store_id, accounts.store_id)
),

final as (
    select
        payment_channel,
        merchant_id_source,
        store_id,
        fee_rate,
        valid_from,
        valid_to
    from ranked
    where specificity_rank = 1
)

select * from final
