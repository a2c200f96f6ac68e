with

touches as (
    select * from {{ ref('int_touches__keyed') }}
),

campaigns as (
    select * from {{ ref('int_campaigns__keyed') }}
),

told as (
    select distinct
        touches.member_id,
        campaigns.campaign_id,
        campaigns.start_date,
        campaigns.end_date
    from touches
    inner join campaigns on touches.campaign_id = campaigns.campaign_id
    where touches.member_id is not null and campaigns.start_date is not null
),

final as (
    select
        'overlapping_campaigns' as kind,
        told.campaign_id,
        others.campaign_id as other_campaign_id,
        cast(null as string) as detail,
        count(*) as case_count,
        cast(null as string) as source_file_id,
        cast(null as bigint) as source_line
    from told
    inner join told as others
        on
            told.member_id = others.member_id
            and told.campaign_id < others.campaign_id
            and told.start_date <= others.end_date
            and told.end_date >= others.start_date
    group by told.campaign_id, others.campaign_id

    union all

    select
        'touch_after_end' as kind,
        campaign_id,
        null as other_campaign_id,
        kind as detail,
        count(*) as case_count,
        source_file_id,
        min(source_line) as source_line
    from touches
    where touched_date > end_date
    group by campaign_id, kind, source_file_id

    union all

    select
        'touch_without_identity' as kind,
        campaign_id,
        null as other_campaign_id,
        kind as detail,
        count(*) as case_count,
        source_file_id,
        min(source_line) as source_line
    from touches
    where own_member_id is null
    group by campaign_id, kind, source_file_id

    union all

    select
        'targets_of_one_member' as kind,
        campaign_id,
        null as other_campaign_id,
        null as detail,
        count(*) as case_count,
        source_file_id,
        min(source_line) as source_line
    from touches
    where kind = 'target' and line_count > 1
    group by campaign_id, source_file_id
)

select * from final
