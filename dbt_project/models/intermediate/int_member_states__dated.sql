with

days as (
    select * from {{ ref('int_member_days__counted') }}
),

eras as (
    select distinct
        member_id,
        era_from_date,
        era_to_date
    from days
),

scores as (
    select * from {{ ref('int_member_scores__dated') }}
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

as_of as (
    select max(business_date) as as_of_date from orders
),

-- The days on which a profile may change: an order, a refund, the passing of time, a new month's segment; and the
-- beginning of an era, when another member's orders become known as this one's.
dated as (
    select
        member_id,
        era_from_date,
        business_date as event_date
    from days
    union distinct
    select
        member_id,
        era_from_date,
        era_from_date as event_date
    from eras
    {% for date in ['established_date', 'at_risk_date', 'lapsed_date'] %}
        union distinct
        select
            days.member_id,
            days.era_from_date,
            days.{{ date }} as event_date
        from days
        cross join as_of
        where
            days.{{ date }} > days.business_date
            and days.{{ date }} <= coalesce(days.next_order_date, as_of.as_of_date)
    {% endfor %}
    union distinct
    select
        eras.member_id,
        eras.era_from_date,
        {{ days_after('scores.score_date', 1) }} as event_date
    from scores
    inner join eras on scores.member_id = eras.member_id
    where not scores.is_latest
),

-- What is known on such a day stands on the latest day with an order or a refund.
placed as (
    select
        dated.member_id,
        dated.era_from_date,
        dated.event_date,
        max(days.entry_number) over (
            partition by dated.member_id, dated.era_from_date order by dated.event_date nulls last
            rows between unbounded preceding and current row
        ) as entry_number
    from dated
    left join days
        on
            dated.member_id = days.member_id
            and dated.era_from_date = days.era_from_date
            and dated.event_date = days.business_date
),

final as (
    select
        placed.member_id,
        placed.event_date,
        days.era_to_date,
        days.day_number as order_day_count,
        days.order_count,
        days.net_sales_amount,
        days.first_order_date,
        days.last_order_date,
        days.usual_interval_days,
        days.at_risk_date,
        days.lapsed_date,
        case
            when placed.event_date < days.established_date then 'new'
            when placed.event_date < days.at_risk_date then 'active'
            when placed.event_date < days.lapsed_date then 'at risk'
            else 'lapsed'
        end as lapse_status,
        coalesce(scores.rfm_segment, 'no orders') as month_rfm_segment
    from placed
    inner join days
        on
            placed.member_id = days.member_id
            and placed.era_from_date = days.era_from_date
            and placed.entry_number = days.entry_number
    left join scores
        on
            placed.member_id = scores.member_id
            and {{ days_after('cast(date_trunc(\'month\', placed.event_date) as date)', -1) }} = scores.score_date
    where
        placed.event_date >= days.era_from_date
        and coalesce(placed.event_date <= days.era_to_date, true)
)

select * from final
