-- One row per feed and kind of reason, the most frequent first, 15 at most, with the first three rows of each.
-- Reasons that differ in a number or a quoted value only are one kind. The value that was refused is not read: it may
-- hold what a person typed, and `loopmart quarantine show` shows it to those who may see it.
with
quarantined as (select * from ops.quarantined_rows),
numbered as (
    select
        *,
        regexp_replace(reason, '''[^'']*''|"[^"]*"|[0-9][0-9,.]*[0-9]|[0-9]', '…', 'g') as reason_kind,
        row_number() over (partition by feed, reason_kind order by path, line, column_name) as place,
    from quarantined
),
final as (
    select
        feed,
        case when count(distinct reason) = 1 then min(reason) else reason_kind end as reason,
        min(remedy) as remedy,
        string_agg(distinct column_name, ', ' order by column_name) as column_names,
        count(*)::bigint as row_count,
        count(distinct path)::bigint as file_count,
        list({'path': path, 'line': line} order by place) filter (place <= 3) as examples,
        count(*) over ()::bigint as total_count,
    from numbered
    group by feed, reason_kind
    order by row_count desc, feed nulls last, reason_kind
    limit 15
)
select * from final
