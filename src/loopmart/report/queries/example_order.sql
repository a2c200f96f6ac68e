-- At most one row: the largest order of the last business day, to try the trace with.
with
orders as (select * from marts.orders),
final as (
    select
        order_id,
        net_sales_amount,
    from orders
    where business_date = (select max(business_date) from orders)
    order by net_sales_amount desc, order_id
    limit 1
)
select * from final
