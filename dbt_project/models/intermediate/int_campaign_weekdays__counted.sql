{% set weeks = 4 %}

with

stores as (
    select * from {{ ref('int_stores__listed') }}
),

-- A day tells a conversion only where its sales are whole.
counted_days as (
    select
        store_id,
        business_date,
        {{ iso_weekday('business_date') }} as weekday,
        visitor_count,
        case when is_complete then visitor_count end as matched_visitor_count,
        case when is_complete then order_count end as order_count
    from {{ ref('int_store_days__counted') }}
    where visitor_count is not null
),

campaign_days as (
    select distinct
        listed.campaign_id,
        stores.store_id,
        listed.business_date
    from {{ ref('int_campaign_days__listed') }} as listed
    inner join stores
        on
            coalesce(listed.store_id, stores.store_id) = stores.store_id
            and listed.business_date >= stores.since_date
            and listed.business_date <= coalesce(stores.until_date, listed.business_date)
),

placed as (
    select
        campaign_id,
        store_id,
        business_date,
        {{ iso_weekday('business_date') }} as weekday,
        min(business_date) over (partition by campaign_id, store_id) as first_date,
        max(business_date) over (partition by campaign_id, store_id) as last_date
    from campaign_days
),

during as (
    select
        placed.campaign_id,
        placed.store_id,
        placed.first_date,
        placed.last_date,
        placed.weekday,
        count(*) as day_count,
        count(counted_days.visitor_count) as counted_day_count,
        sum(counted_days.visitor_count) as visitor_count,
        sum(counted_days.matched_visitor_count) as matched_visitor_count,
        sum(counted_days.order_count) as order_count
    from placed
    left join counted_days
        on
            placed.store_id = counted_days.store_id
            and placed.business_date = counted_days.business_date
    group by placed.campaign_id, placed.store_id, placed.first_date, placed.last_date, placed.weekday
),

before as (
    select
        during.campaign_id,
        during.store_id,
        during.weekday,
        count(*) as counted_day_count,
        sum(counted_days.visitor_count) as visitor_count,
        sum(counted_days.matched_visitor_count) as matched_visitor_count,
        sum(counted_days.order_count) as order_count
    from during
    inner join counted_days
        on
            during.store_id = counted_days.store_id
            and during.weekday = counted_days.weekday
            and {{ days_after('during.first_date', -7 * weeks) }} <= counted_days.business_date
            and during.first_date > counted_days.business_date
    group by during.campaign_id, during.store_id, during.weekday
),

final as (
    select
        during.campaign_id,
        during.store_id,
        during.first_date,
        during.last_date,
        during.weekday,
        cast(during.day_count as bigint) as day_count,
        cast(during.counted_day_count as bigint) as counted_day_count,
        cast(during.visitor_count as bigint) as visitor_count,
        cast(during.matched_visitor_count as bigint) as matched_visitor_count,
        cast(during.order_count as bigint) as order_count,
        cast(coalesce(before.counted_day_count, 0) as bigint) as baseline_day_count,
        cast(before.visitor_count as bigint) as baseline_visitor_count,
        cast(before.matched_visitor_count as bigint) as baseline_matched_visitor_count,
        cast(before.order_count as bigint) as baseline_order_count
    from during
    left join before
        on
            during.campaign_id = before.campaign_id
            and during.store_id = before.store_id
            and during.weekday = before.weekday
)

select * from final
