with

bronze_rows as (
    {{ counted_rows('campaign_spend') }}
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
        cast(bronze_rows.period_start as date) as _period_start,
        cast(bronze_rows.period_end as date) as _period_end
    from bronze_rows
)

select * from final
