with

members as (
    select * from {{ ref('int_members__keyed') }}
),

sums as (
    select * from {{ ref('int_members__summarised') }}
),

scores as (
    select * from {{ ref('int_member_scores__dated') }}
    where is_latest
),

habits as (
    select * from {{ ref('int_member_habits__ranked') }}
),

affinities as (
    select * from {{ ref('int_member_affinities__ranked') }}
),

lapses as (
    select * from {{ ref('int_member_lapses__explained') }}
),

redemptions as (
    select
        member_id,
        count(*) as redemption_count
    from {{ ref('int_redemptions__keyed') }}
    group by member_id
),

channel_ranks as (
    select
        member_id,
        channel,
        row_number() over (
            partition by member_id
            order by count(*) desc nulls last, sum(net_sales_amount) desc nulls last, channel asc nulls last
        ) as channel_rank
    from {{ ref('orders') }}
    where member_id is not null and is_purchase
    group by member_id, channel
),

predictions as (
    select * from {{ ref('int_member_values__predicted') }}
),

final as (
    select
        members.member_id,
        members.is_registered,
        cast(date_trunc('month', sums.first_business_date) as date) as cohort_month,
        sums.first_order_at,
        sums.last_order_at,
        cast(coalesce(sums.order_count, 0) as bigint) as order_count,
        cast(coalesce(sums.net_sales_amount, 0) as decimal(18, 2)) as net_sales_amount,
        cast({{ exact_ratio('sums.net_sales_amount', 'sums.order_count', 2) }} as decimal(18, 2))
            as average_order_amount,
        {{ exact_ratio('sums.item_count', 'sums.itemised_order_count') }} as items_per_order,
        cast({{ exact_ratio('sums.discount_amount', 'sums.gross_amount') }} as decimal(9, 4)) as discount_rate,
        cast({{ exact_ratio('sums.coupon_amount', 'sums.net_sales_amount') }} as decimal(9, 4)) as coupon_rate,
        cast(coalesce(redemptions.redemption_count, 0) as bigint) as redemption_count,
        scores.recency_days,
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        coalesce(scores.rfm_segment, 'no orders') as rfm_segment,
        lapses.first_order_date,
        lapses.last_order_date,
        coalesce(lapses.order_day_count, 0) as order_day_count,
        lapses.median_interval_days,
        lapses.usual_interval_days,
        lapses.next_order_due_date,
        lapses.second_order_due_date,
        lapses.at_risk_date,
        lapses.lapsed_date,
        coalesce(lapses.lapse_status, 'no orders') as lapse_status,
        coalesce(lapses.lapse_reason, 'no order is known') as lapse_reason,
        habits.favourite_store_id,
        habits.favourite_store_rate,
        habits.second_store_id,
        habits.store_count,
        channel_ranks.channel as main_channel,
        affinities.favourite_category,
        affinities.favourite_category_rate,
        affinities.favourite_category_lift,
        affinities.favourite_brand,
        affinities.favourite_brand_rate,
        affinities.favourite_brand_lift,
        habits.favourite_hour,
        habits.favourite_weekday,
        members.age_band,
        members.income_band,
        members.household_size,
        members.sms_consent_status,
        members.sms_consent_date,
        members.wechat_consent_status,
        members.wechat_consent_date,
        predictions.predicted_12m_amount,
        predictions.predicted_12m_low,
        predictions.predicted_12m_high,
        predictions.alive_probability as alive_rate,
        case when predictions.member_id is null then 'no orders' else predictions.reason end as predicted_12m_reason
    from members
    left join sums on members.member_id = sums.member_id
    left join scores on members.member_id = scores.member_id
    left join habits on members.member_id = habits.member_id
    left join predictions on members.member_id = predictions.member_id
    left join affinities on members.member_id = affinities.member_id
    left join lapses on members.member_id = lapses.member_id
    left join redemptions on members.member_id = redemptions.member_id
    left join channel_ranks on members.member_id = channel_ranks.member_id and channel_ranks.channel_rank = 1
)

select * from final
