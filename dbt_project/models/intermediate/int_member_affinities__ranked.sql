with

orders as (
    select * from {{ ref('int_orders__aggregated') }}
    where member_id is not null
),

order_lines as (
    select * from {{ ref('int_order_lines__keyed') }}
),

products as (
    select * from {{ ref('int_products__keyed') }}
),

sales as (
    select
        orders.member_id,
        products.category,
        products.brand,
        sum(order_lines.net_sales_amount) as net_sales_amount
    from order_lines
    inner join orders on order_lines.order_id = orders.order_id
    left join products on order_lines.product_id = products.product_id
    group by orders.member_id, products.category, products.brand
),

members as (
    select distinct member_id from sales
),

{% for taste in ['category', 'brand'] %}
    -- Shares are of what was kept: where refunds exceed the sales, it counts as 0.
    {{ taste }}_sales as (
        select
            member_id,
            {{ taste }},
            sum(net_sales_amount) as net_sales_amount,
            greatest(sum(net_sales_amount), 0) as kept_amount
        from sales
        group by member_id, {{ taste }}
    ),

    {{ taste }}_totals as (
        select
            *,
            sum(kept_amount) over (partition by member_id) as member_amount,
            sum(kept_amount) over (partition by {{ taste }}) as taste_amount,
            sum(kept_amount) over () as total_amount
        from {{ taste }}_sales
    ),

    {{ taste }}_ranks as (
        select
            *,
            row_number() over (
                partition by member_id
                order by net_sales_amount desc nulls last, {{ taste }} asc nulls last
            ) as taste_rank
        from {{ taste }}_totals
        where {{ taste }} is not null
    ),

    {{ taste }}_favourites as (
        select
            member_id,
            {{ taste }} as favourite_{{ taste }},
            cast({{ exact_ratio('kept_amount', 'member_amount') }} as decimal(9, 4)) as favourite_{{ taste }}_rate,
            {{ exact_ratio(
                'cast(kept_amount as decimal(18, 2)) * cast(total_amount as decimal(18, 2))',
                'cast(member_amount as decimal(18, 2)) * cast(taste_amount as decimal(18, 2))'
            ) }} as favourite_{{ taste }}_lift
        from {{ taste }}_ranks
        where taste_rank = 1
    ),

{% endfor %}
final as (
    select
        members.member_id,
        category_favourites.favourite_category,
        category_favourites.favourite_category_rate,
        category_favourites.favourite_category_lift,
        brand_favourites.favourite_brand,
        brand_favourites.favourite_brand_rate,
        brand_favourites.favourite_brand_lift
    from members
    left join category_favourites on members.member_id = category_favourites.member_id
    left join brand_favourites on members.member_id = brand_favourites.member_id
)

select * from final
