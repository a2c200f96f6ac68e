with

bronze_rows as (
    {{ counted_rows('pos_receipts') }}
),

final as (
    select
        cast(bronze_rows.store_id as string) as store_id,
        cast(bronze_rows.order_id_source as string) as order_id_source,
        cast(bronze_rows.kind as string) as kind,
        cast(bronze_rows.ordered_at as timestamp) as ordered_at,
        cast(bronze_rows.business_date as date) as business_date,
        cast(bronze_rows.gross_amount as decimal(18, 2)) as gross_amount,
        cast(bronze_rows.discount_amount as decimal(18, 2)) as discount_amount,
        cast(bronze_rows.tax_amount as decimal(18, 2)) as tax_amount,
        cast(bronze_rows.tip_amount as decimal(18, 2)) as tip_amount,
        cast(bronze_rows.net_sales_amount as decimal(18, 2)) as net_sales_amount,
        cast(bronze_rows.collected_amount as decimal(18, 2)) as collected_amount,
        cast(bronze_rows.cost_amount as decimal(18, 2)) as cost_amount,
        cast(bronze_rows.currency as string) as currency,
        cast(bronze_rows.till as string) as till,
        cast(bronze_rows.channel as string) as channel,
        cast(bronze_rows.refunded_amount as decimal(18, 2)) as refunded_amount,
        cast(bronze_rows.card_token as string) as card_token,
        cast(bronze_rows.phone_token as string) as phone_token,
        cast(bronze_rows.account_token as string) as account_token,
        cast(bronze_rows.tender as string) as tender,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line
    from bronze_rows
)

select * from final
