with

order_lines as (
    select * from {{ ref('int_order_lines__keyed') }}
),

products as (
    select * from {{ ref('int_products__keyed') }}
),

tenders as (
    select * from {{ ref('int_tenders__keyed') }}
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

stores as (
    select * from {{ ref('int_stores__listed') }}
),

found as (
    select
        'product' as kind,
        order_lines.store_id,
        order_lines.product_id as value,
        order_lines.business_date,
        order_lines.net_sales_amount as amount
    from order_lines
    inner join products on order_lines.product_id = products.product_id
    where products.is_unmapped

    union all

    -- A till may call a way of paying "other" itself; that is no word to be mapped.
    select
        'tender' as kind,
        store_id,
        coalesce(trade_type, '') as value,
        business_date,
        amount
    from tenders
    where
        payment_channel = 'other'
        and coalesce(lower(trade_type) not like 'other%' and trade_type not like '其他%', true)

    union all

    select
        'store' as kind,
        orders.store_id,
        orders.store_id as value,
        orders.business_date,
        orders.net_sales_amount as amount
    from orders
    left join stores on orders.store_id = stores.store_id
    where
        stores.store_id is null
        or orders.business_date < stores.since_date
        or orders.business_date > stores.until_date
),

final as (
    select
        cast(kind as string) as kind,
        store_id,
        cast(value as string) as value,
        min(business_date) as first_date,
        max(business_date) as last_date,
        cast(count(*) as bigint) as row_count,
        cast(sum(amount) as decimal(18, 2)) as net_sales_amount
    from found
    group by kind, store_id, value
)

select * from final
