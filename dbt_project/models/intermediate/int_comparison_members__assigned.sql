with

subjects as (
    select * from {{ ref('int_comparison_subjects__dated') }}
),

touches as (
    select * from {{ ref('int_touches__keyed') }}
    where member_id is not null
),

members as (
    select * from {{ ref('int_members__keyed') }}
),

touched_members as (
    select distinct member_id from touches
),

never_touched_members as (
    select members.member_id
    from members
    left join touched_members on members.member_id = touched_members.member_id
    where touched_members.member_id is null
),

final as (
    select distinct
        'campaign' as subject_type,
        campaign_id as subject_id,
        member_id,
        true as is_targeted
    from touches
    where campaign_id is not null

    union all

    select distinct
        'channel' as subject_type,
        channel as subject_id,
        member_id,
        true as is_targeted
    from touches
    where campaign_id is not null

    union all

    select
        subjects.subject_type,
        subjects.subject_id,
        never_touched_members.member_id,
        false as is_targeted
    from subjects
    cross join never_touched_members
)

select * from final
