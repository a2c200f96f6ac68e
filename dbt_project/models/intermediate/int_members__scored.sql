with

members as (
    select * from {{ ref('int_members__summarised') }}
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

rfm_segments as (
    select * from {{ ref('rfm_segments') }}
),

-- "Today" is the last business day loaded, with or without a card, so that a build can be repeated.
as_of as (
    select max(business_date) as as_of_date from orders
),

measured as (
    select
        members.member_id,
        members.order_count,
        members.net_sales_amount,
        {{ days_between('members.last_business_date', 'as_of.as_of_date') }} as recency_days
    from members
    cross join as_of
),

ranked as (
    select
        member_id,
        recency_days,
        rank() over (order by recency_days desc nulls last) as recency_rank,
        rank() over (order by order_count nulls last) as frequency_rank,
        rank() over (order by net_sales_amount nulls last) as monetary_rank,
        count(*) over () as member_count
    from measured
),

scored as (
    select
        member_id,
        recency_days,
        {{ fifth('recency_rank', 'member_count') }} as recency_score,
        {{ fifth('frequency_rank', 'member_count') }} as frequency_score,
        {{ fifth('monetary_rank', 'member_count') }} as monetary_score
    from ranked
),

final as (
    select
        scored.member_id,
        scored.recency_days,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        rfm_segments.rfm_segment
    from scored
    left join rfm_segments
        on
            scored.recency_score = rfm_segments.recency_score
            and scored.frequency_score = rfm_segments.frequency_score
)

select * from final
