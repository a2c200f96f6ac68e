-- One row per rule that failed in the latest run of its gate, critical ones first, 30 at most.
with
checks as (select * from last_checks where not success),
final as (
    select
        gate,
        suite,
        rule,
        severity,
        observed,
        unexpected_count,
        count(*) over ()::bigint as total_count,
    from checks
    order by severity, gate, suite, rule
    limit 30
)
select * from final
