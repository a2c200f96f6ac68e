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
        count(*) as order_count,
        sum(net_sales_amount) as net_sales_amount
    from orders
    group by member_id, era_from_date, era_to_date, business_date
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
        {{ days_between('lag(business_date) over era', 'business_date') }} as interval_days,
        sum(order_count) over era as order_count,
        sum(net_sales_amount) over era as net_sales_amount
    from days
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
        member_id,
        era_from_date,
        era_to_date,
        business_date,
        cast(day_number as bigint) as day_number,
        first_order_date,
        next_order_date,
        interval_days,
        usual_interval_days,
        cast(order_count as bigint) as order_count,
        cast(net_sales_amount as decimal(18, 2)) as net_sales_amount,
        {{ days_after('first_order_date', lapse_parameter('new_days')) }} as established_date,
        {{ days_after('business_date', 'days_until_at_risk + 1') }} as at_risk_date,
        {{ days_after('business_date', 'days_until_lapsed + 1') }} as lapsed_date
    from patience
)

select * from final
