-- One row per refused file, the newest first, 30 at most.
with
ledger as (select * from ops.file_ledger where status = 'refused'),
final as (
    select
        path,
        sender_id,
        feed,
        source,
        reason,
        remedy,
        period_start,
        period_end,
        count(*) over ()::bigint as total_count,
    from ledger
    order by first_seen_at desc nulls last, path, file_id
    limit 30
)
select * from final
