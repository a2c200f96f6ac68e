with

bronze_rows as (
    {{ counted_rows('products') }}
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
        cast(bronze_rows.period_start as date) as _period_start,
        cast(bronze_rows.period_end as date) as _period_end
    from bronze_rows
)

select * from final
