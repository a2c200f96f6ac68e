with

products as (
    select * from {{ ref('int_products__keyed') }}
),

final as (
    select
        product_id,
        product_id_source,
        department,
        category,
        product_type,
        brand,
        manufacturer_id_source,
        package_size,
        is_unmapped
    from products
)

select * from final
