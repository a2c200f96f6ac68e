{% set weeks = 8 %}

with

campaigns as (
    select * from {{ ref('int_campaigns__keyed') }}
),

campaign_stores as (
    select * from {{ ref('int_campaign_stores__listed') }}
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

store_days as (
    select
        store_id,
        business_date,
        sum(net_sales_amount) as net_sales_amount
    from orders
    group by store_id, business_date
),

dated as (
    select
        campaigns.campaign_id,
        campaign_stores.store_id,
        campaigns.start_date,
        campaigns.end_date
    from campaigns
    inner join campaign_stores on campaigns.campaign_id = campaign_stores.campaign_id
    where campaigns.start_date <= campaigns.end_date
),

windows as (
    select distinct
        campaign_id,
        start_date,
        end_date
    from dated
),

-- A store with another campaign on one of the days would tell of that one.
busy as (
    select distinct
        windows.campaign_id,
        dated.store_id,
        windows.campaign_id = dated.campaign_id as is_named
    from windows
    inner join dated
        on
            windows.end_date >= dated.start_date
            and windows.start_date <= dated.end_date
),

-- Week 0 is the window, -1 the seven days before it.
placed as (
    select
        windows.campaign_id,
        store_days.store_id,
        case
            when store_days.business_date >= windows.start_date then 0
            else -1 - {{ int_quotient(days_between('store_days.business_date', 'windows.start_date') ~ ' - 1', 7) }}
        end as week,
        store_days.net_sales_amount
    from windows
    inner join store_days
        on
            {{ days_after('windows.start_date', -7 * weeks) }} <= store_days.business_date
            and windows.end_date >= store_days.business_date
),

weekly as (
    select
        campaign_id,
        store_id,
        cast(week as int) as week,
        cast(sum(net_sales_amount) as decimal(18, 2)) as net_sales_amount,
        cast(count(*) as int) as day_count
    from placed
    group by campaign_id, store_id, week
),

complete as (
    select
        campaign_id,
        store_id
    from weekly
    where net_sales_amount > 0
    group by campaign_id, store_id
    having count(*) = {{ weeks + 1 }}
),

final as (
    select
        weekly.campaign_id,
        weekly.store_id,
        coalesce(named.store_id is not null, false) as is_named,
        weekly.week,
        weekly.net_sales_amount,
        weekly.day_count
    from weekly
    inner join complete on weekly.campaign_id = complete.campaign_id and weekly.store_id = complete.store_id
    left join busy as named
        on
            weekly.campaign_id = named.campaign_id
            and weekly.store_id = named.store_id
            and named.is_named
    left join busy as others
        on
            weekly.campaign_id = others.campaign_id
            and weekly.store_id = others.store_id
            and not others.is_named
    where named.store_id is not null or others.store_id is null
)

select * from final
