with

bronze_rows as (
    {{ counted_rows('points_entries') }}
),

final as (
    select
        cast(bronze_rows.entry_id_source as string) as entry_id_source,
        cast(bronze_rows.store_id as string) as store_id,
        cast(bronze_rows.card_token as string) as card_token,
        cast(bronze_rows.kind as string) as kind,
        cast(bronze_rows.points as decimal(18, 2)) as points,
        cast(bronze_rows.posted_at as timestamp) as posted_at,
        cast(bronze_rows.business_date as date) as business_date,
        cast(bronze_rows.order_id_source as string) as order_id_source,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line
    from bronze_rows
)

select * from final
