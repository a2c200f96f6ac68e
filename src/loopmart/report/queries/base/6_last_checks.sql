-- One row per rule of the latest run of each gate.
with
results as (select * from ops.gate_results),
latest as (
    select gate, arg_max(run_id, (checked_at, run_id)) as run_id,
    from results
    group by gate
),
final as (
    select results.*,
    from results
    inner join latest on results.gate = latest.gate and results.run_id = latest.run_id
)
select * from final
