-- One row: the periods of the calendar by what stands with them at the time of publication.
with
calendar as (select * from ops.arrival_calendar),
final as (
    select
        count(*)::bigint as period_count,
        count(*) filter (status in ('arrived', 'partial', 'missing'))::bigint as due_count,
        count(*) filter (status = 'arrived' and not is_late)::bigint as in_time_count,
        count(*) filter (status = 'arrived' and is_late)::bigint as late_count,
        count(*) filter (status = 'partial')::bigint as partial_count,
        count(*) filter (status = 'missing')::bigint as missing_count,
        count(*) filter (status = 'not_due')::bigint as not_due_count,
        count(*) filter (status = 'closed')::bigint as closed_count,
    from calendar
)
select * from final
