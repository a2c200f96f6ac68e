with

states as (
    select * from {{ ref('int_member_states__dated') }}
),

compared as (
    select
        *,
        lag(day_number) over (partition by member_id order by event_date nulls last) as day_number_before,
        lag(lapse_status) over (partition by member_id order by event_date nulls last) as lapse_status_before,
        lag(month_rfm_segment) over (partition by member_id order by event_date nulls last) as month_rfm_segment_before
    from states
),

changed as (
    select *
    from compared
    where
        day_number_before is distinct from day_number
        or lapse_status_before is distinct from lapse_status
        or month_rfm_segment_before is distinct from month_rfm_segment
),

final as (
    select
        member_id,
        event_date as valid_from_date,
        {{ days_after('lead(event_date) over (partition by member_id order by event_date nulls last)', -1) }}
            as valid_to_date,
        day_number as order_day_count,
        order_count,
        net_sales_amount,
        first_order_date,
        last_order_date,
        usual_interval_days,
        at_risk_date,
        lapsed_date,
        lapse_status,
        month_rfm_segment
    from changed
)

select * from final
