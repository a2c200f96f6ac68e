with

campaigns as (
    select * from {{ ref('int_campaigns__keyed') }}
),

named_plans as (
    select distinct
        plans.campaign_id,
        case when plans.version_number > 1 then plans.valid_from_date end as valid_from_date,
        plans.valid_to_date,
        trim(parts.part) as media_plan_id
    from {{ ref('int_campaign_plans__dated') }} as plans
    {{ each_part('plans.media_plan_ids', ';') }}
    where plans.status <> 'too late'
),

-- Whose a plan at a platform was by the campaign plan of the day; one that two campaigns name is nobody's.
claims as (
    select
        media_spend._file_id,
        media_spend._line,
        count(distinct named_plans.campaign_id) as campaign_count,
        min(named_plans.campaign_id) as campaign_id
    from {{ ref('stg_bronze__media_spend') }} as media_spend
    inner join named_plans
        on
            media_spend.channel || ':' || media_spend.plan_id_source = named_plans.media_plan_id
            and media_spend.business_date >= coalesce(named_plans.valid_from_date, date '0001-01-01')
            and media_spend.business_date <= coalesce(named_plans.valid_to_date, date '9999-12-31')
    group by media_spend._file_id, media_spend._line
),

gathered as (
    select
        campaign_id_source as campaign_id,
        1 as campaign_count,
        cast(null as string) as store_id,
        cast(null as date) as first_date,
        cast(null as date) as last_date,
        lower(spend_item) as spend_type,
        cast(null as string) as document_id,
        amount,
        currency,
        basis,
        cast(null as bigint) as impression_count,
        cast(null as bigint) as click_count,
        _file_id as source_file_id,
        _line as source_line
    from {{ ref('stg_bronze__campaign_spend') }}

    union all

    select
        campaign_id_source as campaign_id,
        1 as campaign_count,
        store_id,
        spend_date as first_date,
        spend_date as last_date,
        spend_type,
        document_id_source as document_id,
        amount,
        currency,
        basis,
        null as impression_count,
        null as click_count,
        _file_id as source_file_id,
        _line as source_line
    from {{ ref('stg_bronze__marketing_spend') }}

    union all

    select
        case
            when claims.campaign_count is null then coalesce(by_number.campaign_id, by_name.campaign_id)
            when claims.campaign_count = 1 then claims.campaign_id
        end as campaign_id,
        cast(coalesce(claims.campaign_count, 1) as int) as campaign_count,
        cast(null as string) as store_id,
        media_spend.business_date as first_date,
        coalesce(media_spend.until_date, media_spend.business_date) as last_date,
        'media' as spend_type,
        media_spend.channel || ':' || media_spend.plan_id_source as document_id,
        media_spend.cost_amount as amount,
        media_spend.currency,
        'reported' as basis,
        media_spend.impression_count,
        media_spend.click_count,
        media_spend._file_id as source_file_id,
        media_spend._line as source_line
    from {{ ref('stg_bronze__media_spend') }} as media_spend
    left join claims on media_spend._file_id = claims._file_id and media_spend._line = claims._line
    left join campaigns as by_number on media_spend.plan_id_source = by_number.campaign_id
    left join campaigns as by_name on media_spend.plan_name = by_name.campaign_id
),

final as (
    select
        gathered.*,
        row_number() over (order by gathered.source_file_id nulls last, gathered.source_line nulls last) as item_number,
        case
            when gathered.campaign_count > 1 then 'several campaigns name the plan'
            when gathered.campaign_id is null then 'no campaign'
            when campaigns.is_unmapped then 'campaign not listed'
        end as unallocated_reason
    from gathered
    left join campaigns on gathered.campaign_id = campaigns.campaign_id
)

select * from final
