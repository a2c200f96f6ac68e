-- Each order's net sales and margin are shared out to the cent by each method that credits it.
-- order_attributions would add or lose sales if this ever returned a row.
with

orders as (
    select * from {{ ref('orders') }}
),

order_attributions as (
    select * from {{ ref('order_attributions') }}
),

attributed as (
    select
        order_id,
        method,
        sum(attributed_net_sales_amount) as attributed_net_sales_amount,
        sum(attributed_margin_amount) as attributed_margin_amount
    from order_attributions
    group by order_id, method
),

final as (
    select
        attributed.order_id,
        attributed.method,
        attributed.attributed_net_sales_amount,
        orders.net_sales_amount,
        attributed.attributed_margin_amount,
        orders.margin_amount
    from attributed
    left join orders on attributed.order_id = orders.order_id
    where
        coalesce(attributed.attributed_net_sales_amount <> orders.net_sales_amount, true)
        or attributed.attributed_margin_amount is distinct from orders.margin_amount
)

select * from final
