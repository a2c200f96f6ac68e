with

bronze_rows as (
    {{ counted_rows('store_traffic') }}
),

final as (
    select
        cast(bronze_rows.store_id as string) as store_id,
        cast(bronze_rows.business_date as date) as business_date,
        cast(bronze_rows.count_id_source as string) as count_id_source,
        cast(bronze_rows.local_hour as int) as local_hour,
        cast(bronze_rows.entrance_id_source as string) as entrance_id_source,
        cast(bronze_rows.visitor_count as int) as visitor_count,
        cast(bronze_rows.leaver_count as int) as leaver_count,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line
    from bronze_rows
)

select * from final
