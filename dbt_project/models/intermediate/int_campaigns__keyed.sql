with

plans as (
    select * from {{ ref('int_campaign_plans__dated') }}
    where status = 'in force'
),

mentioned as (
    select campaign_id_source from {{ ref('stg_bronze__campaign_targets') }}
    union distinct
    select campaign_id_source from {{ ref('stg_bronze__coupon_redemptions') }}
    union distinct
    select campaign_id_source from {{ ref('stg_bronze__campaign_spend') }}
    union distinct
    select campaign_id_source from {{ ref('stg_bronze__marketing_spend') }}
    union distinct
    select campaign_id_source from {{ ref('stg_bronze__touches') }}
    union distinct
    select campaign_id_source from {{ ref('stg_bronze__audience_members') }}
),

known as (
    select campaign_id from plans
    union distinct
    select campaign_id_source as campaign_id from mentioned
    where campaign_id_source is not null
),

final as (
    select
        known.campaign_id,
        plans.campaign_type,
        coalesce(plans.channel, 'unknown') as channel,
        plans.start_date,
        plans.end_date,
        plans.campaign_name,
        plans.store_ids,
        plans.audience,
        plans.offer,
        plans.holdout_rate,
        plans.goal,
        plans.goal_amount,
        plans.budget_amount,
        plans.currency as budget_currency,
        plans.version_number as plan_version_number,
        plans.source_file_id,
        plans.source_line,
        plans.campaign_id is null as is_unmapped
    from known
    left join plans on known.campaign_id = plans.campaign_id
)

select * from final
