with

periods as (
    select * from {{ ref('stg_lake__store_hierarchy') }}
),

final as (
    select
        store_id,
        department,
        tenant,
        mall,
        valid_from_date,
        valid_to_date,
        row_number() over (partition by store_id order by valid_from_date desc nulls last) = 1 as is_latest
    from periods
)

select * from final
