with

bronze_rows as (
    {{ counted_rows('audience_members') }}
),

final as (
    select
        cast(bronze_rows.export_id as string) as export_id,
        cast(bronze_rows.exported_member_id as string) as exported_member_id,
        cast(bronze_rows.audience as string) as audience,
        cast(bronze_rows.campaign_id_source as string) as campaign_id_source,
        cast(bronze_rows.channel as string) as channel,
        cast(bronze_rows.exported_at as timestamp) as exported_at,
        cast(bronze_rows.export_date as date) as export_date,
        cast(bronze_rows.window_days as int) as window_days,
        cast(bronze_rows.identifier_token as string) as identifier_token,
        cast(bronze_rows.arm as string) as arm,
        cast(bronze_rows.reason as string) as reason,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line
    from bronze_rows
)

select * from final
