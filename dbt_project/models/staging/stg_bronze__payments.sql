with

bronze_rows as (
    {{ counted_rows('payments') }}
),

final as (
    select
        cast(bronze_rows.store_id as string) as store_id,
        cast(bronze_rows.payment_channel as string) as payment_channel,
        cast(bronze_rows.kind as string) as kind,
        cast(bronze_rows.entry_id_source as string) as entry_id_source,
        cast(bronze_rows.payment_id_source as string) as payment_id_source,
        cast(bronze_rows.order_id_source as string) as order_id_source,
        cast(bronze_rows.merchant_id_source as string) as merchant_id_source,
        cast(bronze_rows.sub_merchant_id_source as string) as sub_merchant_id_source,
        cast(bronze_rows.paid_at as timestamp) as paid_at,
        cast(bronze_rows.business_date as date) as business_date,
        cast(bronze_rows.amount as decimal(18, 2)) as amount,
        cast(bronze_rows.merchant_discount_amount as decimal(18, 2)) as merchant_discount_amount,
        cast(bronze_rows.platform_discount_amount as decimal(18, 2)) as platform_discount_amount,
        cast(bronze_rows.fee_amount as decimal(18, 2)) as fee_amount,
        cast(bronze_rows.currency as string) as currency,
        cast(bronze_rows.payer_token as string) as payer_token,
        cast(bronze_rows.payer_issuer as string) as payer_issuer,
        cast(bronze_rows.card_token as string) as card_token,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line
    from bronze_rows
)

select * from final
