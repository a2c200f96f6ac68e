with

order_days as (
    select * from {{ ref('int_member_days__counted') }}
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

rfm_segments as (
    select * from {{ ref('rfm_segments') }}
),

-- "Today" is the last business day loaded, with or without a card, so that a build can be repeated.
as_of as (
    select
        min(business_date) as first_date,
        max(business_date) as as_of_date
    from orders
),

-- Scores are taken at the end of each month before today's, and at the end of today.
score_dates as (
    select distinct {{ days_after("cast(date_trunc('month', days.day) as date)", -1) }} as score_date
    from as_of
    {{ each_day('as_of.first_date', 'as_of.as_of_date') }}

    union distinct

    select as_of_date as score_date from as_of
),

-- What a member has done by the end of a month stands on the month's last day with an order or a refund.
month_days as (
    select
        *,
        row_number() over (
            partition by member_id, era_from_date, date_trunc('month', business_date)
            order by business_date desc nulls last
        ) as day_rank
    from order_days
),

standing as (
    select
        member_id,
        era_from_date,
        era_to_date,
        business_date,
        last_order_date,
        order_count,
        net_sales_amount,
        lead(business_date) over (
            partition by member_id, era_from_date order by business_date nulls last
        ) as next_business_date
    from month_days
    where day_rank = 1
),

measured as (
    select
        standing.member_id,
        score_dates.score_date,
        standing.order_count,
        standing.net_sales_amount,
        {{ days_between('standing.last_order_date', 'score_dates.score_date') }} as recency_days
    from standing
    inner join score_dates
        on
            standing.business_date <= score_dates.score_date
            and coalesce(standing.next_business_date > score_dates.score_date, true)
            and standing.era_from_date <= score_dates.score_date
            and coalesce(standing.era_to_date >= score_dates.score_date, true)
),

ranked as (
    select
        member_id,
        score_date,
        recency_days,
        rank() over (partition by score_date order by recency_days desc nulls last) as recency_rank,
        rank() over (partition by score_date order by order_count nulls last) as frequency_rank,
        rank() over (partition by score_date order by net_sales_amount nulls last) as monetary_rank,
        count(*) over (partition by score_date) as member_count
    from measured
),

scored as (
    select
        member_id,
        score_date,
        recency_days,
        {{ fifth('recency_rank', 'member_count') }} as recency_score,
        {{ fifth('frequency_rank', 'member_count') }} as frequency_score,
        {{ fifth('monetary_rank', 'member_count') }} as monetary_score
    from ranked
),

final as (
    select
        scored.member_id,
        scored.score_date,
        scored.score_date = as_of.as_of_date as is_latest,
        scored.recency_days,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        rfm_segments.rfm_segment
    from scored
    cross join as_of
    left join rfm_segments
        on
            scored.recency_score = rfm_segments.recency_score
            and scored.frequency_score = rfm_segments.frequency_score
)

select * from final
