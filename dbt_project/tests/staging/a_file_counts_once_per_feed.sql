-- Staging joins bronze to the files that count: every amount of a feed would double if this ever returned a row.
with

active_files as (
    select * from {{ source('lake', 'active_files') }}
),

final as (
    select
        feed,
        batch_id,
        file_id,
        count(*) as row_count
    from active_files
    group by feed, batch_id, file_id
    having count(*) > 1
)

select * from final
