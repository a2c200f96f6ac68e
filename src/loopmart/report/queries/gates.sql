-- One row per gate and severity of its latest run.
with
checks as (select * from last_checks),
final as (
    select
        gate,
        severity,
        count(*)::bigint as rule_count,
        count(*) filter (success)::bigint as passed_count,
        count(*) filter (not success)::bigint as failed_count,
        max(checked_at)::timestamp as checked_at,
    from checks
    group by gate, severity
    order by list_position(['landing', 'staging', 'marts'], gate) nulls last, gate, severity
)
select * from final
