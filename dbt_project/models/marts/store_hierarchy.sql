with

places as (
    select * from {{ ref('int_store_places__dated') }}
),

final as (
    select
        store_id,
        department,
        tenant,
        mall,
        valid_from_date,
        valid_to_date,
        is_latest
    from places
)

select * from final
