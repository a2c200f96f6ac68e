with

orders as (
    select * from {{ ref('int_orders__aggregated') }}
    where member_id is not null
),

ranked as (
    select
        *,
        row_number() over (
            partition by member_id
            order by ordered_at nulls last, order_id nulls last
        ) as order_rank
    from orders
),

final as (
    select
        member_id,
        max(case when order_rank = 1 then order_id end) as first_order_id,
        max(case when order_rank = 1 then ordered_at end) as first_order_at,
        max(case when order_rank = 1 then business_date end) as first_business_date,
        max(ordered_at) as last_order_at,
        max(business_date) as last_business_date,
        cast(count(*) as bigint) as order_count,
        cast(sum(item_count) as bigint) as item_count,
        cast(sum(gross_amount) as decimal(18, 2)) as gross_amount,
        cast(sum(discount_amount) as decimal(18, 2)) as discount_amount,
        cast(sum(coupon_amount) as decimal(18, 2)) as coupon_amount,
        cast(sum(net_sales_amount) as decimal(18, 2)) as net_sales_amount
    from ranked
    group by member_id
)

select * from final
