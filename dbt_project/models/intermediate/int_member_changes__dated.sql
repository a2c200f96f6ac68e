with

identifiers as (
    select * from {{ ref('int_identifiers__resolved') }}
),

final as (
    select
        identifiers.own_member_id as member_id,
        changes.new_member_id,
        changes.event,
        changes.event_date,
        changes.reason,
        changes.file_id,
        changes.line
    from identifiers
    {{ each_struct('identifiers.changes', 'changes') }}
)

select * from final
