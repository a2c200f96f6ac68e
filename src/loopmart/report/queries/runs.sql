-- One row per stage: its latest run.
with
runs as (select * from ops.pipeline_runs),
final as (
    select
        stage,
        run_id,
        status,
        started_at::timestamp as started_at,
        finished_at::timestamp as finished_at,
        date_diff('second', started_at::timestamp, finished_at::timestamp)::bigint as second_count,
    from runs
    qualify row_number() over (partition by stage order by started_at desc nulls last, run_id desc) = 1
    order by started_at, stage
)
select * from final
