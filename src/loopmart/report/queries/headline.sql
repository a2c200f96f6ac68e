-- One row: the figures of the whole time, of the current period, and the changes between comparable stores.
with
orders as (select * from marts.orders),
periods as (select * from periods),
placed as (
    select
        orders.net_sales_amount,
        orders.member_id,
        orders.is_purchase,
        orders.business_date between window_start and as_of_date as is_current,
        orders.business_date between previous_start and previous_end as is_previous,
        orders.store_id in (select store_id from comparable_stores) as is_comparable,
    from orders
    cross join periods
),
sums as (
    select
        count(*) filter (is_purchase)::bigint as order_count,
        coalesce(sum(net_sales_amount), 0) as net_sales_amount,
        sum(net_sales_amount) filter (member_id is not null) as identified,
        count(*) filter (is_purchase and is_current)::bigint as current_order_count,
        coalesce(sum(net_sales_amount) filter (is_current), 0) as current_net_sales_amount,
        count(distinct member_id) filter (is_purchase and is_current)::bigint as current_member_count,
        sum(net_sales_amount) filter (is_current and member_id is not null) as current_identified,
        count(*) filter (is_purchase and is_current and is_comparable) as orders_after,
        count(*) filter (is_purchase and is_previous and is_comparable) as orders_before,
        sum(net_sales_amount) filter (is_current and is_comparable) as net_after,
        sum(net_sales_amount) filter (is_previous and is_comparable) as net_before,
        count(distinct member_id) filter (is_purchase and is_current and is_comparable) as members_after,
        count(distinct member_id) filter (is_purchase and is_previous and is_comparable) as members_before,
        sum(net_sales_amount) filter (is_current and is_comparable and member_id is not null) as identified_after,
        sum(net_sales_amount) filter (is_previous and is_comparable and member_id is not null) as identified_before,
    from placed
),
final as (
    select
        order_count,
        net_sales_amount,
        (select count(*) from marts.members)::bigint as member_count,
        (coalesce(identified, 0) / nullif(net_sales_amount, 0))::decimal(9, 4) as identified_rate,
        current_order_count,
        current_net_sales_amount,
        current_member_count,
        (coalesce(current_identified, 0) / nullif(current_net_sales_amount, 0))::decimal(9, 4) as current_identified_rate,
        (orders_after / nullif(orders_before, 0) - 1)::decimal(18, 6) as order_change_rate,
        (net_after / nullif(net_before, 0) - 1)::decimal(18, 6) as net_sales_change_rate,
        (members_after / nullif(members_before, 0) - 1)::decimal(18, 6) as member_change_rate,
        (coalesce(identified_after, 0) / nullif(net_after, 0) - coalesce(identified_before, 0) / nullif(net_before, 0))
            ::decimal(18, 6) as identified_change_points,
    from sums
)
select * from final
