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
        cast(kind as string) as kind,
        touched_at,
        cast(status as string) as status,
        store_id,
        source_file_id,
        source_line
    from touches
)

select * from final
