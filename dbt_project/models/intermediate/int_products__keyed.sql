with

products as (
    select * from {{ ref('stg_bronze__products') }}
),

order_lines as (
    select * from {{ ref('int_order_lines__keyed') }}
),

-- Several lists may count at once: the one of the latest period names the product.
listed as (
    select
        *,
        row_number() over (
            partition by product_id_source
            order by
                _period_end desc nulls last,
                _period_start desc nulls last,
                _file_id asc nulls last,
                _line asc nulls last
        ) as list_rank
    from products
),

sold as (
    select distinct product_id from order_lines
),

unmapped as (
    select sold.product_id
    from sold
    left join listed on sold.product_id = listed.product_id_source
    where listed.product_id_source is null
),

final as (
    select
        product_id_source as product_id,
        product_id_source,
        department,
        category,
        product_type,
        brand,
        manufacturer_id_source,
        package_size,
        false as is_unmapped
    from listed
    where list_rank = 1

    union all

    select
        product_id,
        product_id as product_id_source,
        cast(null as string) as department,
        cast(null as string) as category,
        cast(null as string) as product_type,
        cast(null as string) as brand,
        cast(null as string) as manufacturer_id_source,
        cast(null as string) as package_size,
        true as is_unmapped
    from unmapped
)

select * from final
