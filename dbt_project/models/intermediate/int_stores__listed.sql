with

stores as (
    select * from {{ ref('stg_lake__stores') }}
),

final as (
    select
        store_id,
        store_name,
        time_zone,
        currency,
        sales_source,
        since as since_date,
        until as until_date
    from stores
)

select * from final
