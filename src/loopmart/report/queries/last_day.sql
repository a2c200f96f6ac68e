-- One row: the last business day beside the four days of the same weekday before it, in stores complete on all five.
with
store_days as (select * from marts.store_daily_sales),
periods as (select * from periods),
days as (
    select store_days.*, (periods.as_of_date - store_days.business_date) // 7 as weeks_ago,
    from store_days
    cross join periods
    where business_date between as_of_date - 28 and as_of_date and (as_of_date - business_date) % 7 = 0
),
complete_stores as (
    select store_id
    from days
    group by store_id
    having bool_and(is_complete) and count(distinct weeks_ago) = 5
),
final as (
    select
        sum(net_sales_amount) filter (weeks_ago = 0) as net_sales_amount,
        coalesce(sum(order_count) filter (weeks_ago = 0), 0)::bigint as order_count,
        count(*) filter (weeks_ago = 0)::bigint as store_count,
        count(*) filter (weeks_ago = 0 and not is_complete)::bigint as incomplete_store_count,
        (select count(*) from complete_stores)::bigint as compared_store_count,
        (
            4 * sum(net_sales_amount) filter (weeks_ago = 0 and store_id in (select store_id from complete_stores))
            / nullif(sum(net_sales_amount) filter (weeks_ago > 0 and store_id in (select store_id from complete_stores)), 0)
            - 1
        )::decimal(18, 6) as change_rate,
    from days
)
select * from final
