with

decisions as (
    select * from {{ ref('int_reconciliation_decisions__ranked') }}
),

breaks as (
    select * from {{ ref('payment_reconciliation') }}
),

final as (
    select
        decisions.reconciliation_id,
        decisions.decision,
        decisions.decided_at,
        decisions.decided_on as decided_date,
        decisions.decided_by,
        decisions.note,
        decisions.decision_rank = 1 as is_latest,
        decisions.is_contradicted,
        breaks.reconciliation_id is not null as is_known,
        coalesce(breaks.store_id, decisions.store_id) as store_id,
        breaks.class,
        breaks.difference_amount,
        breaks.currency,
        decisions.source_file_id,
        decisions.source_line
    from decisions
    left join breaks on decisions.reconciliation_id = breaks.reconciliation_id
)

select * from final
