with

bronze_rows as (
    {{ counted_rows('contact_consents') }}
),

final as (
    select
        cast(bronze_rows.channel as string) as channel,
        cast(bronze_rows.decision as string) as decision,
        cast(bronze_rows.phone_token as string) as phone_token,
        cast(bronze_rows.openid_token as string) as openid_token,
        cast(bronze_rows.card_token as string) as card_token,
        cast(bronze_rows.decided_date as date) as decided_date,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line
    from bronze_rows
)

select * from final
