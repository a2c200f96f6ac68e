with

bronze_rows as (
    {{ counted_rows('followers') }}
),

final as (
    select
        cast(bronze_rows.account_id_source as string) as account_id_source,
        cast(bronze_rows.openid_token as string) as openid_token,
        cast(bronze_rows.unionid_token as string) as unionid_token,
        cast(bronze_rows.is_subscribed as int) as is_subscribed,
        cast(bronze_rows.subscribed_at as timestamp) as subscribed_at,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line,
        cast(bronze_rows.period_start as date) as _period_start,
        cast(bronze_rows.period_end as date) as _period_end
    from bronze_rows
)

select * from final
