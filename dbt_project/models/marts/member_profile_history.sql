with

profiles as (
    select * from {{ ref('int_member_profiles__dated') }}
),

final as (
    select
        member_id,
        valid_from_date,
        valid_to_date,
        valid_to_date is null as is_current,
        order_count,
        order_day_count,
        net_sales_amount,
        first_order_date,
        last_order_date,
        usual_interval_days,
        at_risk_date,
        lapsed_date,
        cast(lapse_status as string) as lapse_status,
        cast(month_rfm_segment as string) as month_rfm_segment
    from profiles
)

select * from final
