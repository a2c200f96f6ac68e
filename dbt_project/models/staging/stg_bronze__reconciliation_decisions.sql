with

bronze_rows as (
    {{ counted_rows('reconciliation_decisions') }}
),

final as (
    select
        cast(bronze_rows.reconciliation_id as string) as reconciliation_id,
        cast(bronze_rows.decided_at as timestamp) as decided_at,
        cast(bronze_rows.decision as string) as decision,
        cast(bronze_rows.decided_date as date) as decided_date,
        cast(bronze_rows.decided_by as string) as decided_by,
        cast(bronze_rows.store_id as string) as store_id,
        cast(bronze_rows.note as string) as note,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line
    from bronze_rows
)

select * from final
