with

audience_members as (
    select * from {{ ref('stg_bronze__audience_members') }}
),

identifiers as (
    select * from {{ ref('int_identifiers__resolved') }}
    where member_id is not null
),

-- The identifier names who the person is today, whatever was merged or parted since; a phone names who had it then.
found as (
    select
        audience_members.*,
        identifiers.member_id
    from audience_members
    left join identifiers
        on {{ names_on('identifiers', 'audience_members.identifier_token', 'audience_members.export_date') }}
),

-- Who was exported as several people is one today: one row, and no arm where theirs differ.
ranked as (
    select
        *,
        row_number() over (
            partition by export_id, coalesce(member_id, 'unfound ' || exported_member_id)
            order by _file_id nulls last, _line nulls last
        ) as line_rank,
        count(*) over (
            partition by export_id, coalesce(member_id, 'unfound ' || exported_member_id)
        ) as exported_member_count,
        min(arm) over (
            partition by export_id, coalesce(member_id, 'unfound ' || exported_member_id)
        ) as first_arm,
        max(arm) over (
            partition by export_id, coalesce(member_id, 'unfound ' || exported_member_id)
        ) as last_arm
    from found
),

final as (
    select
        export_id,
        audience,
        campaign_id_source as campaign_id,
        channel,
        exported_at,
        export_date,
        {{ days_after('export_date', 1) }} as window_start_date,
        {{ days_after('export_date', 'window_days') }} as window_end_date,
        cast(member_id as string) as member_id,
        exported_member_id,
        cast(exported_member_count as bigint) as exported_member_count,
        case when first_arm = last_arm then arm else 'mixed' end as arm,
        case when first_arm = last_arm then reason else 'exported as several people of different arms' end as reason,
        _file_id as source_file_id,
        _line as source_line
    from ranked
    where line_rank = 1
)

select * from final
