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

audience_members as (
    select * from {{ ref('int_audience_members__keyed') }}
    where arm in ('treatment', 'holdout', 'mixed') and campaign_id is not null and member_id is not null
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

-- Who is one person today, and was treated as one and held out as another, is in neither arm.
drawn_members as (
    select
        campaign_id,
        member_id,
        min(arm) as arm
    from audience_members
    group by campaign_id, member_id
    having min(arm) = max(arm) and min(arm) <> 'mixed'
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
    where subjects.subject_type <> 'holdout'

    union all

    select
        'holdout' as subject_type,
        campaign_id as subject_id,
        member_id,
        arm = 'treatment' as is_targeted
    from drawn_members
)

select * from final
