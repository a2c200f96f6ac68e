-- One row per sender, source, status and unbroken run of overdue periods, the latest first, 30 at most.
with
calendar as (select * from ops.arrival_calendar where status <> 'closed'),
numbered as (
    select
        *,
        row_number() over (partition by sender_id, source order by period_start) as period_number,
    from calendar
),
runs as (
    select
        *,
        period_number - row_number() over (partition by sender_id, source, status order by period_start) as run,
    from numbered
    where status in ('missing', 'partial')
),
stretches as (
    select
        sender_id,
        any_value(sender_name) as sender_name,
        source,
        status,
        min(period_start) as period_start,
        max(period_end) as period_end,
        min(timezone(time_zone, timezone('UTC', due_at))) as due_at,
        string_agg(missing_days, ', ' order by period_start) as missing_days,
        count(*)::bigint as file_count,
    from runs
    group by sender_id, source, status, run
),
final as (
    select
        *,
        count(*) over ()::bigint as total_count,
    from stretches
    order by period_end desc, sender_id, source, period_start
    limit 30
)
select * from final
