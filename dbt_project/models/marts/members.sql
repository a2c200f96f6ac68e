with

members as (
    select * from {{ ref('int_members__keyed') }}
),

summaries as (
    select * from {{ ref('int_members__summarised') }}
),

scores as (
    select * from {{ ref('int_members__scored') }}
),

habits as (
    select * from {{ ref('int_member_habits__ranked') }}
),

predictions as (
    select * from {{ ref('int_member_values__predicted') }}
),

final as (
    select
        members.member_id,
        members.is_registered,
        cast(date_trunc('month', summaries.first_business_date) as date) as cohort_month,
        summaries.first_order_at,
        summaries.last_order_at,
        cast(coalesce(summaries.order_count, 0) as bigint) as order_count,
        cast(coalesce(summaries.net_sales_amount, 0) as decimal(18, 2)) as net_sales_amount,
        scores.recency_days,
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        coalesce(scores.rfm_segment, 'no orders') as rfm_segment,
        habits.favourite_store_id,
        habits.favourite_category,
        habits.favourite_hour,
        members.age_band,
        members.income_band,
        members.household_size,
        predictions.predicted_12m_amount,
        predictions.predicted_12m_low,
        predictions.predicted_12m_high,
        predictions.alive_probability as alive_rate,
        case when predictions.member_id is null then 'no orders' else predictions.reason end as predicted_12m_reason
    from members
    left join summaries on members.member_id = summaries.member_id
    left join scores on members.member_id = scores.member_id
    left join habits on members.member_id = habits.member_id
    left join predictions on members.member_id = predictions.member_id
)

select * from final
