-- One row per store whose files are all in for both periods: only these are compared, like with like.
with
store_days as (select * from marts.store_daily_sales),
periods as (select * from periods),
final as (
    select store_days.store_id
    from store_days
    cross join periods
    where store_days.business_date between periods.previous_start and periods.as_of_date
        and periods.has_previous
    group by store_days.store_id
    having bool_and(store_days.is_complete) and count(distinct store_days.business_date) = 56
)
select * from final
