-- One row per cohort month and month since, for the last 18 cohorts; the step shades the cell.
with
cohorts as (select * from marts.member_cohorts),
periods as (select * from periods),
recent as (select distinct cohort_month from cohorts order by cohort_month desc limit 18),
final as (
    select
        cohorts.cohort_month,
        cohorts.months_since::bigint as months_since,
        cohorts.member_count,
        cohorts.active_member_count,
        cohorts.retention_rate,
        least(6, floor(cohorts.retention_rate * 7))::bigint as step,
        cohorts.cohort_month + to_months(cohorts.months_since::integer) = date_trunc('month', as_of_date)
            and as_of_date <> last_day(as_of_date) as is_open,
    from cohorts
    inner join recent on cohorts.cohort_month = recent.cohort_month
    cross join periods
    order by cohorts.cohort_month, cohorts.months_since
)
select * from final
