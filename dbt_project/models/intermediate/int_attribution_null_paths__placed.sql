{{ config(materialized='view') }}

with

touches as (
    select * from {{ ref('int_touches__keyed') }}
    where touched_date is not null and {{ may_count() }}
),

paths as (
    select distinct touch_id from {{ ref('int_attribution_paths__placed') }}
),

unanswered as (
    select
        touches.member_id,
        touches.touch_id,
        touches.campaign_id,
        touches.touched_date,
        {{ time_of_touch('touches') }} as touched_at
    from touches
    left join paths on touches.touch_id = paths.touch_id
    where paths.touch_id is null
),

marked as (
    select
        *,
        {{ stays_on_path('member_id') }} as is_on_path
    from unanswered
),

counted as (
    select
        *,
        count(case when is_on_path then 1 end) {{ along_path('member_id', 'current row') }} as path_position
    from marked
),

final as (
    select
        member_id,
        touch_id,
        campaign_id,
        case when is_on_path then cast(path_position as int) end as path_position
    from counted
)

select * from final
