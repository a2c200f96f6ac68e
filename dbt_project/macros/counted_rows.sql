{#
  The bronze rows of a feed that count: those whose file is active in the manifest under the very batch that they lie
  in. A batch that a killed run left, a superseded or a revoked file has no active line, and so no row.
#}
{% macro counted_rows(feed) -%}
    select
        bronze_rows.*,
        active_files.period_start,
        active_files.period_end
    from {{ source('bronze', feed) }} as bronze_rows
    inner join {{ source('lake', 'active_files') }} as active_files
        on
            bronze_rows.batch = active_files.batch_id
            and bronze_rows._file_id = active_files.file_id
            and active_files.feed = '{{ feed }}'
{%- endmacro %}
