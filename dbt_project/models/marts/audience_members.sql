with

audience_members as (
    select * from {{ ref('int_audience_members__keyed') }}
),

final as (
    select
        cast(export_id as string) as export_id,
        cast(exported_member_id as string) as exported_member_id,
        cast(audience as string) as audience,
        cast(campaign_id as string) as campaign_id,
        cast(channel as string) as channel,
        cast(export_date as date) as export_date,
        cast(member_id as string) as member_id,
        cast(exported_member_count as bigint) as exported_member_count,
        cast(arm as string) as arm,
        cast(reason as string) as reason,
        cast(source_file_id as string) as source_file_id,
        cast(source_line as bigint) as source_line
    from audience_members
)

select * from final
