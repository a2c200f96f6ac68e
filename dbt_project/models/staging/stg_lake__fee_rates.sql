with

manifest_rows as (
    select * from {{ source('lake', 'fee_rates') }}
),

final as (
    select
        cast(store_id as string) as store_id,
        cast(payment_channel as string) as payment_channel,
        cast(fee_rate as decimal(9, 6)) as fee_rate,
        cast(valid_from as date) as valid_from
    from manifest_rows
)

select * from final
