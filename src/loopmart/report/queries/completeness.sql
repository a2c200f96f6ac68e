-- One row: how much of what was expected, checked and read is missing from the figures.
with
store_days as (select * from marts.store_daily_sales),
arrivals as (select * from ops.arrival_calendar),
ledger as (select * from ops.file_ledger),
periods as (select * from periods),
stores as (select * from marts.stores),
undue_stores as (
    select stores.store_id
    from stores
    cross join periods
    where coalesce(stores.until_date >= periods.as_of_date, true)
        and coalesce(stores.since_date <= periods.as_of_date, true)
        and stores.store_id not in (
            select store_id from store_days where business_date = periods.as_of_date
        )
),
window_days as (
    select
        count(*)::bigint as window_day_count,
        count(*) filter (not is_complete)::bigint as window_incomplete_count,
        count(distinct store_id) filter (not is_complete)::bigint as window_incomplete_store_count,
    from store_days
    cross join periods
    where business_date between window_start and as_of_date
),
final as (
    select
        window_days.*,
        (select count(*) from store_windows where net_sales_amount = 0 and incomplete_day_count = 0)::bigint as silent_store_count,
        (select count(*) from store_days)::bigint as store_day_count,
        (select count(*) from store_days where not is_complete)::bigint as incomplete_store_day_count,
        (select count(*) from arrivals where status in ('arrived', 'partial', 'missing'))::bigint as expected_file_count,
        (select count(*) from arrivals where status in ('partial', 'missing'))::bigint as missing_file_count,
        (select count(*) from arrivals)::bigint as owed_period_count,
        (select count(*) from undue_stores)::bigint as undue_store_count,
        (select count(*) from ledger where status = 'refused')::bigint as refused_file_count,
        (select count(*) from ledger where status = 'pending')::bigint as pending_file_count,
        (select count(*) from ops.quarantined_rows)::bigint as quarantined_row_count,
    from window_days
)
select * from final
