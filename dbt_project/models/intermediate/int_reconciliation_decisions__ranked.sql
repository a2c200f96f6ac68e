with

decisions as (
    select * from {{ ref('stg_bronze__reconciliation_decisions') }}
),

-- The order in which files came counts for nothing: of two decisions of one moment, file and line choose one.
final as (
    select
        reconciliation_id,
        decision,
        decided_at,
        decided_date as decided_on,
        decided_by,
        note,
        store_id,
        sender_id,
        cast(
            row_number() over (
                partition by reconciliation_id
                order by decided_at desc nulls last, _file_id desc nulls last, _line desc nulls last
            ) as int
        ) as decision_rank,
        min(decision) over (partition by reconciliation_id, decided_at)
        <> max(decision) over (partition by reconciliation_id, decided_at) as is_contradicted,
        _file_id as source_file_id,
        _line as source_line
    from decisions
)

select * from final
