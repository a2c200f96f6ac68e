with

bronze_rows as (
    {{ counted_rows('media_spend') }}
),

final as (
    select
        cast(bronze_rows.channel as string) as channel,
        cast(bronze_rows.business_date as date) as business_date,
        cast(bronze_rows.until_date as date) as until_date,
        cast(bronze_rows.account_id_source as string) as account_id_source,
        cast(bronze_rows.plan_id_source as string) as plan_id_source,
        cast(bronze_rows.plan_name as string) as plan_name,
        cast(bronze_rows.impression_count as bigint) as impression_count,
        cast(bronze_rows.click_count as bigint) as click_count,
        cast(bronze_rows.cost_amount as decimal(18, 2)) as cost_amount,
        cast(bronze_rows.currency as string) as currency,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line
    from bronze_rows
)

select * from final
