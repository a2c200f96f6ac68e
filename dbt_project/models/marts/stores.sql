with

stores as (
    select * from {{ ref('int_stores__listed') }}
),

places as (
    select * from {{ ref('int_store_places__dated') }}
    where is_latest
),

orders as (
    select * from {{ ref('orders') }}
),

order_totals as (
    select
        store_id,
        min(case when is_purchase then business_date end) as first_business_date,
        max(case when is_purchase then business_date end) as last_business_date,
        sum(case when is_purchase then 1 else 0 end) as order_count,
        sum(net_sales_amount) as net_sales_amount
    from orders
    group by store_id
),

final as (
    select
        stores.store_id,
        stores.store_name,
        stores.time_zone,
        stores.currency,
        stores.since_date,
        stores.until_date,
        order_totals.first_business_date,
        order_totals.last_business_date,
        cast(coalesce(order_totals.order_count, 0) as bigint) as order_count,
        cast(coalesce(order_totals.net_sales_amount, 0) as decimal(18, 2)) as net_sales_amount,
        places.department,
        places.tenant,
        places.mall
    from stores
    left join order_totals on stores.store_id = order_totals.store_id
    left join places on stores.store_id = places.store_id
)

select * from final
