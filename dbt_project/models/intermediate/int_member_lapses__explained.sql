with

profiles as (
    select * from {{ ref('int_member_profiles__dated') }}
    where valid_to_date is null
),

days as (
    select * from {{ ref('int_member_days__counted') }}
    where era_to_date is null
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

as_of as (
    select max(business_date) as as_of_date from orders
),

medians as (
    select
        member_id,
        cast(median(cast(interval_days as decimal(9, 1))) as decimal(9, 1)) as median_interval_days
    from days
    group by member_id
),

measured as (
    select
        profiles.*,
        medians.median_interval_days,
        {{ days_between('profiles.last_order_date', 'as_of.as_of_date') }} as days_since_last,
        {{ days_between('profiles.first_order_date', 'as_of.as_of_date') }} as days_since_first,
        {{ days_between('profiles.last_order_date', 'profiles.at_risk_date') }} - 1 as days_until_at_risk,
        {{ days_between('profiles.last_order_date', 'profiles.lapsed_date') }} - 1 as days_until_lapsed,
        {{ days_after(
            'profiles.last_order_date',
            'ceil(coalesce(profiles.usual_interval_days, ' ~ lapse_parameter('default_interval_days') ~ '))'
        ) }} as next_order_due_date
    from profiles
    inner join medians on profiles.member_id = medians.member_id
    cross join as_of
),

-- The figures that the rule compares, in words.
worded as (
    select
        *,
        'first order ' || cast(days_since_first as string)
        || ' days ago; new for the first {{ lapse_parameter("new_days") }} days' as first_words,
        'last order ' || cast(days_since_last as string) || ' days ago, '
        || coalesce(
            'usually every ' || cast(usual_interval_days as string) || ' days; ',
            'too few orders to tell how often, {{ lapse_parameter("default_interval_days") }} days assumed; '
        ) as last_words,
        'at risk after ' || cast(days_until_at_risk as string) || ' days' as at_risk_words,
        'lapsed after ' || cast(days_until_lapsed as string) || ' days' as lapsed_words
    from measured
),

final as (
    select
        member_id,
        order_day_count,
        first_order_date,
        last_order_date,
        median_interval_days,
        usual_interval_days,
        next_order_due_date,
        case when order_day_count = 1 then next_order_due_date end as second_order_due_date,
        at_risk_date,
        lapsed_date,
        lapse_status,
        case lapse_status
            when 'new' then first_words
            when 'active' then last_words || at_risk_words
            when 'at risk' then last_words || at_risk_words || ', ' || lapsed_words
            when 'lapsed' then last_words || lapsed_words
        end as lapse_reason
    from worded
)

select * from final
