with

bronze_rows as (
    {{ counted_rows('touches') }}
),

final as (
    select
        cast(bronze_rows.channel as string) as channel,
        cast(bronze_rows.touch_token as string) as touch_token,
        cast(bronze_rows.campaign_id_source as string) as campaign_id_source,
        cast(bronze_rows.content_id_source as string) as content_id_source,
        cast(bronze_rows.reference_id_source as string) as reference_id_source,
        cast(bronze_rows.store_id as string) as store_id,
        cast(bronze_rows.phone_token as string) as phone_token,
        cast(bronze_rows.openid_token as string) as openid_token,
        cast(bronze_rows.account_id_source as string) as account_id_source,
        cast(bronze_rows.card_token as string) as card_token,
        cast(bronze_rows.touched_at as timestamp) as touched_at,
        cast(bronze_rows.business_date as date) as business_date,
        cast(bronze_rows.status as string) as status,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line
    from bronze_rows
)

select * from final
