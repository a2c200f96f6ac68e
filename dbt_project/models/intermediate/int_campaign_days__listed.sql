with

plans as (
    select * from {{ ref('int_campaign_plans__dated') }}
    where status <> 'too late'
),

-- Each version tells its own days; the first one also those before it was told.
plan_days as (
    select
        plans.campaign_id,
        plans.channel,
        days.day as business_date,
        coalesce(plans.store_ids, '') as store_ids
    from plans
    {{ each_day(
        "greatest(plans.start_date, case when plans.version_number > 1 then plans.valid_from_date end)",
        "least(plans.end_date, plans.valid_to_date)"
    ) }}
),

final as (
    select distinct
        plan_days.campaign_id,
        plan_days.channel,
        plan_days.business_date,
        nullif(trim(parts.part), '') as store_id
    from plan_days
    {{ each_part('plan_days.store_ids', ';') }}
    where trim(parts.part) <> '' or plan_days.store_ids = ''
)

select * from final
