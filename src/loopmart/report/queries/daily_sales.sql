-- One row per business date of the last year, chain-wide.
with
store_days as (select * from marts.store_daily_sales),
periods as (select * from periods),
days as (
    select
        store_days.business_date,
        sum(net_sales_amount) as net_sales_amount,
        coalesce(sum(order_count), 0)::bigint as order_count,
        count(*)::bigint as store_count,
        count(*) filter (not is_complete)::bigint as incomplete_store_count,
    from store_days
    cross join periods
    where business_date between as_of_date - 363 and as_of_date
    group by store_days.business_date
),
final as (
    select
        days.*,
        business_date >= window_start as is_current,
        case when count(net_sales_amount) over week = 7 then sum(net_sales_amount) over week / 7 end
            ::decimal(18, 2) as week_mean_amount,
    from days
    cross join periods
    window week as (order by business_date range between interval 6 days preceding and current row)
    order by business_date
)
select * from final
