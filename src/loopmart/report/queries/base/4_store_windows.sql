-- One row per store with expected days in the current period: its sales, and its change where both periods are complete.
with
stores as (select * from marts.stores),
store_days as (select * from marts.store_daily_sales),
comparable_stores as (select * from comparable_stores),
periods as (select * from periods),
sums as (
    select
        store_days.store_id,
        sum(net_sales_amount) filter (business_date >= window_start) as net_sales_amount,
        sum(net_sales_amount) filter (business_date between previous_start and previous_end) as previous_amount,
        coalesce(sum(order_count) filter (business_date >= window_start), 0)::bigint as order_count,
        sum(identified_net_sales_amount) filter (business_date >= window_start) as identified_amount,
        sum(visitor_count) filter (business_date >= window_start)::bigint as visitor_count,
        sum(order_count) filter (business_date >= window_start and conversion_rate is not null) as converted_count,
        sum(visitor_count) filter (business_date >= window_start and conversion_rate is not null) as convertible_count,
        count(*) filter (business_date >= window_start)::bigint as day_count,
        count(*) filter (business_date >= window_start and not is_complete)::bigint as incomplete_day_count,
    from store_days
    cross join periods
    where business_date between least(previous_start, window_start) and as_of_date
    group by store_days.store_id
),
final as (
    select
        sums.store_id,
        coalesce(stores.store_name, sums.store_id) as store_name,
        sums.net_sales_amount,
        sums.order_count,
        sums.visitor_count,
        (sums.converted_count / sums.convertible_count)::decimal(9, 4) as conversion_rate,
        sums.day_count,
        sums.incomplete_day_count,
        (sums.identified_amount / nullif(sums.net_sales_amount, 0))::decimal(9, 4) as identified_rate,
        case
            when comparable_stores.store_id is not null
                then (sums.net_sales_amount / nullif(sums.previous_amount, 0) - 1)::decimal(18, 6)
        end as change_rate,
        case
            when comparable_stores.store_id is not null then sums.net_sales_amount - sums.previous_amount
        end as change_amount,
    from sums
    left join stores on sums.store_id = stores.store_id
    left join comparable_stores on sums.store_id = comparable_stores.store_id
    where sums.day_count > 0
)
select * from final
