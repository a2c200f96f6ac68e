with

bronze_rows as (
    {{ counted_rows('fund_flows') }}
),

final as (
    select
        cast(bronze_rows.payment_channel as string) as payment_channel,
        cast(bronze_rows.kind as string) as kind,
        cast(bronze_rows.entry_id_source as string) as entry_id_source,
        cast(bronze_rows.business_type as string) as business_type,
        cast(bronze_rows.business_id_source as string) as business_id_source,
        cast(bronze_rows.amount as decimal(18, 2)) as amount,
        cast(bronze_rows.booked_at as timestamp) as booked_at,
        cast(bronze_rows.business_date as date) as business_date,
        cast(bronze_rows.currency as string) as currency,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line
    from bronze_rows
)

select * from final
