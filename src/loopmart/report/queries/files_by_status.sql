-- One row per status of a file.
with
ledger as (select * from ops.file_ledger),
final as (
    select
        status,
        count(*)::bigint as file_count,
        coalesce(sum(line_count), 0)::bigint as line_count,
        coalesce(sum(loaded_rows), 0)::bigint as loaded_rows,
        coalesce(sum(quarantined_rows), 0)::bigint as quarantined_rows,
    from ledger
    group by status
    order by
        list_position(['loaded', 'pending', 'refused', 'duplicate', 'superseded', 'revoked'], status) nulls last,
        status
)
select * from final
