with

bronze_rows as (
    select * from {{ source('bronze', 'campaign_spend') }}
),

active_files as (
    select * from {{ source('lake', 'active_files') }}
    where feed = 'campaign_spend'
),

final as (
    select
        cast(bronze_rows.campaign_id_source as string) as campaign_id_source,
        cast(bronze_rows.spend_item as string) as spend_item,
        cast(bronze_rows.amount as decimal(18, 2)) as amount,
        cast(bronze_rows.currency as string) as currency,
        cast(bronze_rows.basis as string) as basis,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line,
        cast(active_files.period_start as date) as _period_start,
        cast(active_files.period_end as date) as _period_end
    from bronze_rows
    inner join active_files
        on
            bronze_rows.batch = active_files.batch_id
            and bronze_rows._file_id = active_files.file_id
)

select * from final
