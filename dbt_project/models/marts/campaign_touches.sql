with

touches as (
    select * from {{ ref('int_touches__keyed') }}
),

final as (
    select
        touch_id,
        campaign_id,
        member_id,
        channel,
        cast('mail' as string) as kind,
        cast(touched_date as timestamp) as touched_at,
        source_file_id,
        source_line
    from touches
)

select * from final
