with

orders as (
    select * from {{ ref('int_member_orders__dated') }}
),

days as (
    select
        member_id,
        era_from_date,
        era_to_date,
        business_date,
        sum(case when is_purchase then 1 else 0 end) as order_count,
        sum(net_sales_amount) as net_sales_amount
    from orders
    group by member_id, era_from_date, era_to_date, business_date
),

-- A day may hold refunds alone. It changes the money, and all else is as on the last day with an order.
summed as (
    select
        member_id,
        era_from_date,
        business_date,
        row_number() over era as entry_number,
        max(case when order_count > 0 then business_date end) over era as last_order_date,
        sum(order_count) over era as order_count,
        sum(net_sales_amount) over era as net_sales_amount
    from days
    window era as (partition by member_id, era_from_date order by business_date nulls last)
),

numbered as (
    select
        member_id,
        era_from_date,
        era_to_date,
        business_date,
        row_number() over era as day_number,
        min(business_date) over era as first_order_date,
        lead(business_date) over era as next_order_date,
        {{ days_between('lag(business_date) over era', 'business_date') }} as interval_days
    from days
    where order_count > 0
    window era as (partition by member_id, era_from_date order by business_date nulls last)
),

intervals as (
    select
        *,
        {{ rolling_median(
            'interval_days', 'member_id, era_from_date', 'business_date', lapse_parameter('latest_intervals')
        ) }} as latest_median_days
    from numbered
),

usual as (
    select
        *,
        case when day_number > {{ lapse_parameter('intervals_needed') }} then latest_median_days end
            as usual_interval_days
    from intervals
),

patience as (
    select
        *,
        {{ days_until('at_risk', 'coalesce(usual_interval_days, ' ~ lapse_parameter('default_interval_days') ~ ')') }}
            as days_until_at_risk,
        {{ days_until('lapsed', 'coalesce(usual_interval_days, ' ~ lapse_parameter('default_interval_days') ~ ')') }}
            as days_until_lapsed
    from usual
),

final as (
    select
        patience.member_id,
        patience.era_from_date,
        patience.era_to_date,
        summed.business_date,
        cast(summed.entry_number as bigint) as entry_number,
        cast(patience.day_number as bigint) as day_number,
        patience.first_order_date,
        summed.last_order_date,
        patience.next_order_date,
        case when summed.business_date = summed.last_order_date then patience.interval_days end as interval_days,
        patience.usual_interval_days,
        cast(summed.order_count as bigint) as order_count,
        cast(summed.net_sales_amount as decimal(18, 2)) as net_sales_amount,
        {{ days_after('patience.first_order_date', lapse_parameter('new_days')) }} as established_date,
        {{ days_after('patience.business_date', 'patience.days_until_at_risk + 1') }} as at_risk_date,
        {{ days_after('patience.business_date', 'patience.days_until_lapsed + 1') }} as lapsed_date
    from summed
    inner join patience
        on
            summed.member_id = patience.member_id
            and summed.era_from_date = patience.era_from_date
            and summed.last_order_date = patience.business_date
)

select * from final
