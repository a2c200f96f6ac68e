with

orders as (
    select * from {{ ref('int_orders__aggregated') }}
    where member_id is not null
),

order_lines as (
    select * from {{ ref('int_order_lines__keyed') }}
    where member_id is not null
),

stores as (
    select * from {{ ref('int_stores__listed') }}
),

products as (
    select * from {{ ref('int_products__keyed') }}
),

store_ranks as (
    select
        member_id,
        store_id,
        row_number() over (
            partition by member_id
            order by count(*) desc nulls last, sum(net_sales_amount) desc nulls last, store_id asc nulls last
        ) as habit_rank
    from orders
    group by member_id, store_id
),

order_hours as (
    select
        orders.member_id,
        {{ local_hour('orders.ordered_at', 'stores.time_zone') }} as order_hour
    from orders
    inner join stores on orders.store_id = stores.store_id
),

hour_ranks as (
    select
        member_id,
        order_hour,
        row_number() over (
            partition by member_id
            order by count(*) desc nulls last, order_hour asc nulls last
        ) as habit_rank
    from order_hours
    group by member_id, order_hour
),

category_ranks as (
    select
        order_lines.member_id,
        products.category,
        row_number() over (
            partition by order_lines.member_id
            order by sum(order_lines.net_sales_amount) desc nulls last, products.category asc nulls last
        ) as habit_rank
    from order_lines
    inner join products on order_lines.product_id = products.product_id
    where products.category is not null
    group by order_lines.member_id, products.category
),

final as (
    select
        store_ranks.member_id,
        store_ranks.store_id as favourite_store_id,
        category_ranks.category as favourite_category,
        hour_ranks.order_hour as favourite_hour
    from store_ranks
    left join hour_ranks
        on
            store_ranks.member_id = hour_ranks.member_id
            and hour_ranks.habit_rank = 1
    left join category_ranks
        on
            store_ranks.member_id = category_ranks.member_id
            and category_ranks.habit_rank = 1
    where store_ranks.habit_rank = 1
)

select * from final
