with

bronze_rows as (
    {{ counted_rows('pos_receipts') }}
),

final as (
    select
        cast(bronze_rows.store_id as string) as store_id,
        cast(bronze_rows.order_id_source as string) as order_id_source,
        cast(bronze_rows.kind as string) as kind,
        cast(bronze_rows.business_date as date) as business_date,
        cast(bronze_rows.card_token as string) as card_token,
        cast(bronze_rows.phone_token as string) as phone_token,
        cast(bronze_rows.account_token as string) as account_token,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line
    from bronze_rows
)

select * from final
