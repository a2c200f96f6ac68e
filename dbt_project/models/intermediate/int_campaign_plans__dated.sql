{%- set plan = [
    'campaign_type', 'channel', 'start_date', 'end_date', 'campaign_name', 'store_ids', 'audience', 'offer',
    'holdout_rate', 'goal', 'goal_amount', 'budget_amount', 'currency', 'media_plan_ids'
] -%}
with

lists as (
    select
        *,
        coalesce(valid_from, _period_start) as valid_from_date
    from {{ ref('stg_bronze__campaigns') }}
),

today as (
    select max(business_date) as business_date from {{ ref('int_orders__aggregated') }}
),

-- Of several lists that speak for the same day, the one of the latest period is heard.
heard as (
    select
        *,
        row_number() over (
            partition by campaign_id_source, valid_from_date
            order by
                _period_end desc nulls last,
                _period_start desc nulls last,
                _file_id asc nulls last,
                _line asc nulls last
        ) as list_rank,
        {{ row_hash(plan) }} as plan_hash
    from lists
),

weighed as (
    select
        *,
        min(plan_hash) over (partition by campaign_id_source, valid_from_date)
        < max(plan_hash) over (partition by campaign_id_source, valid_from_date) as is_contradicted
    from heard
),

compared as (
    select
        *,
        lag(plan_hash) over (partition by campaign_id_source order by valid_from_date nulls first) as hash_before
    from weighed
    where list_rank = 1
),

numbered as (
    select
        *,
        row_number() over (partition by campaign_id_source order by valid_from_date nulls first) as version_number,
        coalesce(
            valid_from_date > lag(end_date) over (partition by campaign_id_source order by valid_from_date nulls first),
            false
        ) as is_after_end
    from compared
    where plan_hash is distinct from hash_before
),

-- What is changed once the campaign is over counts no more, nor does what is changed after that.
judged as (
    select
        numbered.*,
        max(case when numbered.is_after_end then 1 else 0 end) over (
            partition by numbered.campaign_id_source
            order by numbered.version_number nulls last
            rows between unbounded preceding and current row
        ) = 1 as is_too_late,
        coalesce(numbered.valid_from_date > today.business_date, false) as is_ahead
    from numbered
    cross join today
),

followed as (
    select
        *,
        lead(case when not is_too_late then valid_from_date end) over (
            partition by campaign_id_source order by version_number nulls last
        ) as next_date,
        max(case when not is_too_late and (not is_ahead or version_number = 1) then version_number end) over (
            partition by campaign_id_source
        ) as version_in_force
    from judged
),

final as (
    select
        campaign_id_source as campaign_id,
        cast(version_number as int) as version_number,
        valid_from_date,
        {{ days_after('next_date', -1) }} as valid_to_date,
        case
            when is_too_late then 'too late'
            when version_number < version_in_force then 'replaced'
            when version_number = version_in_force then 'in force'
            else 'announced'
        end as status,
        is_contradicted,
        {{ plan | join(', ') }},
        _file_id as source_file_id,
        _line as source_line
    from followed
)

select * from final
