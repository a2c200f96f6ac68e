with

items as (
    select * from {{ ref('int_spend_items__gathered') }}
),

-- Which plan a campaign had on a day: the first one holds before its own day, too.
plans as (
    select
        campaign_id,
        case when version_number > 1 then valid_from_date end as valid_from_date,
        valid_to_date,
        store_ids
    from {{ ref('int_campaign_plans__dated') }}
    where status <> 'too late'
),

dated as (
    select
        items.item_number,
        items.campaign_id,
        items.store_id,
        days.day as business_date
    from items
    {{ each_day('items.first_date', 'items.last_date') }}
),

placed as (
    select
        dated.item_number,
        dated.business_date,
        dated.store_id,
        coalesce(plans.store_ids, '') as store_ids
    from dated
    left join plans
        on
            dated.campaign_id = plans.campaign_id
            and dated.business_date >= coalesce(plans.valid_from_date, date '0001-01-01')
            and dated.business_date <= coalesce(plans.valid_to_date, date '9999-12-31')
),

parts as (
    select distinct
        placed.item_number,
        placed.business_date,
        coalesce(placed.store_id, nullif(trim(parts.part), '')) as store_id
    from placed
    {{ each_part('placed.store_ids', ';') }}
    where trim(parts.part) <> '' or placed.store_ids = ''

    union all

    select
        items.item_number,
        campaign_days.business_date,
        campaign_days.store_id
    from items
    left join {{ ref('int_campaign_days__listed') }} as campaign_days on items.campaign_id = campaign_days.campaign_id
    where items.first_date is null
),

numbered as (
    select
        *,
        count(*) over (partition by item_number) as part_count,
        row_number() over (
            partition by item_number order by business_date asc nulls last, store_id asc nulls last
        ) as part_position
    from parts
),

split as (
    select
        items.campaign_id,
        numbered.business_date,
        numbered.store_id,
        items.spend_type,
        items.currency,
        items.basis,
        coalesce(
            items.unallocated_reason,
            case when numbered.business_date is null then 'campaign without days' end
        ) as unallocated_reason,
        {{ even_share('cast(items.amount * 100 as bigint)', 'numbered.part_count', 'numbered.part_position') }} as cents
    from numbered
    inner join items on numbered.item_number = items.item_number
),

final as (
    select
        campaign_id,
        business_date,
        store_id,
        cast(spend_type as string) as spend_type,
        currency,
        cast(basis as string) as basis,
        cast(unallocated_reason as string) as unallocated_reason,
        cast(cast(sum(cents) as decimal(18, 0)) * 0.01 as decimal(18, 2)) as amount
    from split
    group by campaign_id, business_date, store_id, spend_type, currency, basis, unallocated_reason
)

select * from final
