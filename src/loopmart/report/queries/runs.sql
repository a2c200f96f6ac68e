-- One row per stage of the last night, which begins with the last search for new files.
-- The publication that draws this page is still running and is left out.
with
runs as (select * from ops.pipeline_runs where not (stage = 'publish' and status = 'running')),
night as (select max(started_at) as started_at from runs where stage = 'discover'),
final as (
    select
        runs.stage,
        arg_max(runs.status, (runs.started_at, runs.run_id)) as status,
        count(*) filter (runs.status = 'failed')::bigint as failed_count,
        min(runs.started_at)::timestamp as started_at,
        sum(date_diff('second', runs.started_at::timestamp, runs.finished_at::timestamp))::bigint as second_count,
    from runs
    cross join night
    where night.started_at is null or runs.started_at >= night.started_at
    group by runs.stage
    order by min(runs.started_at), runs.stage
)
select * from final
