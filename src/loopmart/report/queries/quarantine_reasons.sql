-- One row per feed and reason, the most frequent first, 15 at most, with the first five rows of each.
-- The value itself stays in the quarantine: it may hold what a person typed.
with
quarantined as (select * from ops.quarantined_rows),
numbered as (
    select *, row_number() over (partition by feed, reason order by path, line, column_name) as place,
    from quarantined
),
final as (
    select
        feed,
        reason,
        min(remedy) as remedy,
        string_agg(distinct column_name, ', ' order by column_name) as column_names,
        count(*)::bigint as row_count,
        count(distinct path)::bigint as file_count,
        list({'path': path, 'line': line} order by place) filter (place <= 5) as examples,
        count(*) over ()::bigint as total_count,
    from numbered
    group by feed, reason
    order by row_count desc, feed nulls last, reason
    limit 15
)
select * from final
