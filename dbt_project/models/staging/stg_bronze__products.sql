with

bronze_rows as (
    select * from {{ source('bronze', 'products') }}
),

active_files as (
    select * from {{ source('lake', 'active_files') }}
    where feed = 'products'
),

final as (
    select
        cast(bronze_rows.product_id_source as string) as product_id_source,
        cast(bronze_rows.manufacturer_id_source as string) as manufacturer_id_source,
        cast(bronze_rows.department as string) as department,
        cast(bronze_rows.brand as string) as brand,
        cast(bronze_rows.category as string) as category,
        cast(bronze_rows.product_type as string) as product_type,
        cast(bronze_rows.package_size as string) as package_size,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line,
        cast(active_files.period_start as date) as _period_start,
        cast(active_files.period_end as date) as _period_end
    from bronze_rows
    inner join active_files
        on
            bronze_rows.batch = active_files.batch_id
            and bronze_rows._file_id = active_files.file_id
)

select * from final
