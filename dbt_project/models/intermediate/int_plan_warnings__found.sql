with

plans as (
    select
        *,
        lag(start_date) over (partition by campaign_id order by version_number nulls last) as start_date_before
    from {{ ref('int_campaign_plans__dated') }}
),

campaigns as (
    select * from {{ ref('int_campaigns__keyed') }}
),

spend_items as (
    select * from {{ ref('int_spend_items__gathered') }}
),

today as (
    select max(business_date) as business_date from {{ ref('int_orders__aggregated') }}
),

spend as (
    select
        case
            when spend_items.campaign_id is null then 'spend_without_campaign'
            else 'spend_in_other_currency'
        end as kind,
        spend_items.campaign_id,
        case when spend_items.campaign_id is null then spend_items.document_id end as detail,
        count(*) as case_count,
        sum(spend_items.amount) as amount,
        spend_items.currency,
        spend_items.source_file_id,
        min(spend_items.source_line) as source_line
    from spend_items
    left join {{ ref('int_campaign_costs__summed') }} as costs on spend_items.campaign_id = costs.campaign_id
    where spend_items.campaign_id is null or spend_items.currency is distinct from costs.currency
    group by all
),

planned as (
    select
        case
            when campaigns.is_unmapped then 'campaign_not_listed'
            else 'campaign_without_spend'
        end as kind,
        campaigns.campaign_id,
        cast(null as string) as detail,
        campaigns.source_file_id,
        campaigns.source_line
    from campaigns
    cross join today
    left join {{ ref('int_campaign_costs__summed') }} as costs on campaigns.campaign_id = costs.campaign_id
    where campaigns.is_unmapped or (costs.campaign_id is null and campaigns.start_date <= today.business_date)

    union all

    select
        case when status = 'too late' then 'plan_changed_after_end' else 'plan_changed_after_start' end as kind,
        campaign_id,
        'version ' || version_number as detail,
        source_file_id,
        source_line
    from plans
    where valid_from_date > start_date_before

    union all

    select
        'plan_contradicted' as kind,
        campaign_id,
        'version ' || version_number as detail,
        source_file_id,
        source_line
    from plans
    where is_contradicted

    union all

    select
        'unknown_store' as kind,
        campaigns.campaign_id,
        campaign_stores.store_id as detail,
        campaigns.source_file_id,
        campaigns.source_line
    from {{ ref('int_campaign_stores__listed') }} as campaign_stores
    inner join campaigns on campaign_stores.campaign_id = campaigns.campaign_id
    left join {{ ref('int_stores__listed') }} as stores on campaign_stores.store_id = stores.store_id
    where stores.store_id is null
),

final as (
    select
        kind,
        campaign_id,
        detail,
        case_count,
        cast(amount as decimal(18, 2)) as amount,
        currency,
        source_file_id,
        source_line
    from spend

    union all

    select
        kind,
        campaign_id,
        detail,
        1 as case_count,
        cast(null as decimal(18, 2)) as amount,
        cast(null as string) as currency,
        source_file_id,
        source_line
    from planned
)

select * from final
