-- One row per store, source and unbroken run of missing periods, the latest first, 30 at most.
with
missing as (select * from ops.arrival_calendar where status = 'missing'),
stores as (select * from marts.stores),
gaps as (
    select
        *,
        coalesce(lag(period_end) over stretch <> period_start - 1, true)::integer as starts_run,
    from missing
    window stretch as (partition by store_id, source order by period_start)
),
runs as (
    select *, sum(starts_run) over (partition by store_id, source order by period_start) as run,
    from gaps
),
stretches as (
    select
        store_id,
        source,
        min(period_start) as period_start,
        max(period_end) as period_end,
        count(*)::bigint as file_count,
    from runs
    group by store_id, source, run
),
final as (
    select
        stretches.*,
        coalesce(stores.store_name, stretches.store_id) as store_name,
        count(*) over ()::bigint as total_count,
    from stretches
    left join stores on stretches.store_id = stores.store_id
    order by period_end desc nulls last, store_id, source, period_start
    limit 30
)
select * from final
