with

manifest_rows as (
    select * from {{ source('lake', 'stores') }}
),

final as (
    select
        cast(store_id as string) as store_id,
        cast(store_name as string) as store_name,
        cast(time_zone as string) as time_zone,
        cast(currency as string) as currency,
        cast(sales_source as string) as sales_source,
        cast(sales_period as string) as sales_period,
        cast(since as date) as since,
        cast(until as date) as until
    from manifest_rows
)

select * from final
