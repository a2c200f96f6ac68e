with

changes as (
    select * from {{ ref('int_member_changes__dated') }}
),

final as (
    select
        cast(member_id as string) as member_id,
        cast(new_member_id as string) as new_member_id,
        cast(event as string) as event,
        cast(event_date as date) as event_date,
        cast(reason as string) as reason,
        cast(file_id as string) as source_file_id,
        cast(line as bigint) as source_line
    from changes
)

select * from final
