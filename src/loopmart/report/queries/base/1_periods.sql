-- One row: the days that the page speaks of, counted back from the last business date.
with
publication as (select * from ops.publication),
orders as (select * from marts.orders),
store_days as (select * from marts.store_daily_sales),
bounds as (
    select
        coalesce((select max(as_of_date) from publication), (select max(business_date) from orders)) as as_of_date,
        coalesce((select min(business_date) from store_days), (select min(business_date) from orders)) as first_date,
),
final as (
    select
        as_of_date,
        first_date,
        greatest(first_date, as_of_date - 27) as window_start,
        (as_of_date - greatest(first_date, as_of_date - 27) + 1)::bigint as window_day_count,
        as_of_date - 55 as previous_start,
        as_of_date - 28 as previous_end,
        coalesce(first_date <= as_of_date - 55, false) as has_previous,
    from bounds
)
select * from final
