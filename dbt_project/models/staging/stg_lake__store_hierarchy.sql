with

manifest_rows as (
    select * from {{ source('lake', 'store_hierarchy') }}
),

final as (
    select
        cast(store_id as string) as store_id,
        cast(department as string) as department,
        cast(tenant as string) as tenant,
        cast(mall as string) as mall,
        cast(valid_from as date) as valid_from_date,
        cast(valid_to as date) as valid_to_date
    from manifest_rows
)

select * from final
