-- One row per store and whole week, where a week is seven days that end with the last business date or 7, 14, … before it.
-- A store that opened or closed within a week has no row for it.
with
store_days as (select * from marts.store_daily_sales),
periods as (select * from periods),
final as (
    select
        store_days.store_id,
        ((periods.as_of_date - store_days.business_date) // 7)::bigint as weeks_ago,
        periods.as_of_date - 7 * ((periods.as_of_date - store_days.business_date) // 7)::integer as week_end,
        sum(store_days.net_sales_amount) as net_sales_amount,
        bool_and(store_days.is_complete) as is_complete,
    from store_days
    cross join periods
    where store_days.business_date between periods.as_of_date - 363 and periods.as_of_date
    group by all
    having count(distinct store_days.business_date) = 7
)
select * from final
