with

bronze_rows as (
    {{ counted_rows('marketing_spend') }}
),

final as (
    select
        cast(bronze_rows.document_id_source as string) as document_id_source,
        cast(bronze_rows.item_number as int) as item_number,
        cast(bronze_rows.spend_date as date) as spend_date,
        cast(bronze_rows.spend_type as string) as spend_type,
        cast(bronze_rows.spend_item as string) as spend_item,
        cast(bronze_rows.campaign_id_source as string) as campaign_id_source,
        cast(bronze_rows.store_id as string) as store_id,
        cast(bronze_rows.supplier as string) as supplier,
        cast(bronze_rows.quantity as decimal(18, 3)) as quantity,
        cast(bronze_rows.amount as decimal(18, 2)) as amount,
        cast(bronze_rows.currency as string) as currency,
        cast(bronze_rows.basis as string) as basis,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line
    from bronze_rows
)

select * from final
