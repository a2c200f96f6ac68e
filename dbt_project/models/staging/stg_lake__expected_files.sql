with

manifest_rows as (
    select * from {{ source('lake', 'expected_files') }}
),

final as (
    select
        cast(store_id as string) as store_id,
        cast(source as string) as source,
        cast(period_start as date) as period_start,
        cast(period_end as date) as period_end,
        cast(status as string) as status,
        cast(file_id as string) as file_id,
        cast(is_sales as boolean) as is_sales
    from manifest_rows
)

select * from final
