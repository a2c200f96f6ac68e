with

orders as (
    select * from {{ ref('int_orders__aggregated') }}
    where member_id is not null
),

-- A refund or a void is no purchase: it is never the first, and counts nowhere but in the money.
ranked as (
    select
        *,
        row_number() over (
            partition by member_id
            order by
                case when is_purchase then 1 else 2 end asc nulls last,
                ordered_at asc nulls last,
                order_id asc nulls last
        ) as order_rank
    from orders
),

final as (
    select
        member_id,
        max(case when order_rank = 1 and is_purchase then order_id end) as first_order_id,
        max(case when order_rank = 1 and is_purchase then ordered_at end) as first_order_at,
        max(case when order_rank = 1 and is_purchase then business_date end) as first_business_date,
        max(case when is_purchase then ordered_at end) as last_order_at,
        max(case when is_purchase then business_date end) as last_business_date,
        cast(sum(case when is_purchase then 1 else 0 end) as bigint) as order_count,
        cast(sum(case when is_purchase and item_count > 0 then 1 else 0 end) as bigint) as itemised_order_count,
        cast(sum(case when is_purchase then item_count else 0 end) as bigint) as item_count,
        cast(sum(gross_amount) as decimal(18, 2)) as gross_amount,
        cast(sum(discount_amount) as decimal(18, 2)) as discount_amount,
        cast(sum(coupon_amount) as decimal(18, 2)) as coupon_amount,
        cast(sum(net_sales_amount) as decimal(18, 2)) as net_sales_amount
    from ranked
    group by member_id
)

select * from final
