with

entries as (
    select * from {{ ref('int_points__keyed') }}
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

last_days as (
    select max(business_date) as business_date from entries
    union all
    select max(business_date) as business_date from orders
),

spans as (
    select
        entries.sender_id,
        min(entries.business_date) as first_date,
        max(last_days.business_date) as last_date
    from entries
    cross join last_days
    group by entries.sender_id
),

calendar as (
    select
        spans.sender_id,
        days.day as business_date
    from spans
    {{ each_day('spans.first_date', 'spans.last_date') }}
),

movements as (
    select
        sender_id,
        business_date,
        sum(case when kind = 'earn' then points else 0 end) as issued_points,
        sum(case when kind = 'spend' then points else 0 end) as redeemed_points,
        sum(case when kind = 'expire' then points else 0 end) as expired_points,
        sum(case when kind = 'reverse' then points else 0 end) as reversed_points,
        sum(case when kind = 'adjust' then points else 0 end) as adjusted_points,
        sum(points) as moved_points,
        count(*) as entry_count
    from entries
    group by sender_id, business_date
),

running as (
    select
        calendar.sender_id,
        calendar.business_date,
        movements.issued_points,
        movements.redeemed_points,
        movements.expired_points,
        movements.reversed_points,
        movements.adjusted_points,
        coalesce(movements.moved_points, 0) as moved_points,
        movements.entry_count,
        sum(coalesce(movements.moved_points, 0)) over (
            partition by calendar.sender_id order by calendar.business_date nulls last
            rows between unbounded preceding and current row
        ) as closing_points
    from calendar
    left join movements
        on
            calendar.sender_id = movements.sender_id
            and calendar.business_date = movements.business_date
),

final as (
    select
        cast(sender_id as string) as issuer,
        business_date,
        cast(closing_points - moved_points as decimal(18, 2)) as opening_points,
        cast(coalesce(issued_points, 0) as decimal(18, 2)) as issued_points,
        cast(coalesce(redeemed_points, 0) as decimal(18, 2)) as redeemed_points,
        cast(coalesce(expired_points, 0) as decimal(18, 2)) as expired_points,
        cast(coalesce(reversed_points, 0) as decimal(18, 2)) as reversed_points,
        cast(coalesce(adjusted_points, 0) as decimal(18, 2)) as adjusted_points,
        cast(closing_points as decimal(18, 2)) as closing_points,
        cast(coalesce(entry_count, 0) as bigint) as entry_count
    from running
)

select * from final
