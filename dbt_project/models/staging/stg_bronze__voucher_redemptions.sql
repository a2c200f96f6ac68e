with

bronze_rows as (
    {{ counted_rows('voucher_redemptions') }}
),

final as (
    select
        cast(bronze_rows.issuer as string) as issuer,
        cast(bronze_rows.kind as string) as kind,
        cast(bronze_rows.voucher_id_source as string) as voucher_id_source,
        cast(bronze_rows.redeemed_at as timestamp) as redeemed_at,
        cast(bronze_rows.business_date as date) as business_date,
        cast(coalesce(bronze_rows.reported_by, 'issuer') as string) as reported_by,
        cast(bronze_rows.store_id as string) as store_id,
        cast(bronze_rows.campaign_id_source as string) as campaign_id_source,
        cast(bronze_rows.batch_id_source as string) as batch_id_source,
        cast(bronze_rows.order_id_source as string) as order_id_source,
        cast(bronze_rows.payment_id_source as string) as payment_id_source,
        cast(bronze_rows.face_amount as decimal(18, 2)) as face_amount,
        cast(bronze_rows.settled_amount as decimal(18, 2)) as settled_amount,
        cast(bronze_rows.currency as string) as currency,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line
    from bronze_rows
)

select * from final
