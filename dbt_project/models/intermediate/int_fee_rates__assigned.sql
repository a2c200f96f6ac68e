with

billed_stores as (
    select distinct
        payment_channel,
        coalesce(store_id, '') as store_id
    from {{ ref('int_payments__keyed') }}
    where origin = 'bill'
),

rates as (
    select * from {{ ref('stg_lake__fee_rates') }}
),

periods as (
    select
        store_id,
        payment_channel,
        fee_rate,
        coalesce(valid_from, date '0001-01-01') as valid_from,
        coalesce(
            {{ days_after(
                'lead(valid_from) over (partition by store_id, payment_channel order by valid_from nulls first)', -1
            ) }},
            date '9999-12-31'
        ) as valid_to
    from rates
),

ranked as (
    select
        billed_stores.payment_channel,
        billed_stores.store_id,
        periods.fee_rate,
        periods.valid_from,
        periods.valid_to,
        rank() over (
            partition by billed_stores.payment_channel, billed_stores.store_id
            order by case when periods.store_id is not null then 1 else 2 end asc nulls last
        ) as period_rank
    from billed_stores
    inner join periods
        on
            billed_stores.payment_channel = periods.payment_channel
            and billed_stores.store_id = coalesce(periods.store_id, billed_stores.store_id)
),

final as (
    select
        payment_channel,
        store_id,
        fee_rate,
        valid_from,
        valid_to
    from ranked
    where period_rank = 1
)

select * from final
