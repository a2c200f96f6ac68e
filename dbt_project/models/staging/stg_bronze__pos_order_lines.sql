with

bronze_rows as (
    {{ counted_rows('pos_order_lines') }}
),

final as (
    select
        cast(bronze_rows.store_id as string) as store_id,
        cast(bronze_rows.order_id_source as string) as order_id_source,
        cast(bronze_rows.line_number as int) as line_number,
        cast(bronze_rows.ordered_at as timestamp) as ordered_at,
        cast(bronze_rows.business_date as date) as business_date,
        cast(bronze_rows.product_id_source as string) as product_id_source,
        cast(bronze_rows.quantity as decimal(18, 3)) as quantity,
        cast(bronze_rows.gross_amount as decimal(18, 2)) as gross_amount,
        cast(bronze_rows.loyalty_discount_amount as decimal(18, 2)) as loyalty_discount_amount,
        cast(bronze_rows.coupon_match_amount as decimal(18, 2)) as coupon_match_amount,
        cast(coalesce(bronze_rows.store_discount_amount, 0) as decimal(18, 2)) as store_discount_amount,
        cast(bronze_rows.coupon_amount as decimal(18, 2)) as coupon_amount,
        cast(bronze_rows.net_sales_amount as decimal(18, 2)) as net_sales_amount,
        cast(bronze_rows.currency as string) as currency,
        cast(bronze_rows.channel as string) as channel,
        cast(bronze_rows.card_token as string) as card_token,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line
    from bronze_rows
)

select * from final
