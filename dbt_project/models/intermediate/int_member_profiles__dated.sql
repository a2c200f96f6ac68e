{%- set told = [
    'order_count', 'order_day_count', 'net_sales_amount', 'first_order_date', 'last_order_date', 'usual_interval_days',
    'at_risk_date', 'lapsed_date', 'lapse_status', 'month_rfm_segment'
] -%}
with

states as (
    select * from {{ ref('int_member_states__dated') }}
),

compared as (
    select
        {% for column in told %}
            lag({{ column }}) over events as {{ column }}_before,
        {% endfor %}
        states.*,
        row_number() over events as event_number
    from states
    window events as (partition by member_id order by event_date nulls last)
),

changed as (
    select * from compared
    where
        event_number = 1
        {% for column in told %}
            or {{ column }} is distinct from {{ column }}_before
        {% endfor %}
),

final as (
    select
        member_id,
        event_date as valid_from_date,
        coalesce({{ days_after('lead(event_date) over events', -1) }}, era_to_date) as valid_to_date,
        order_count,
        order_day_count,
        net_sales_amount,
        first_order_date,
        last_order_date,
        usual_interval_days,
        at_risk_date,
        lapsed_date,
        lapse_status,
        month_rfm_segment
    from changed
    window events as (partition by member_id order by event_date nulls last)
)

select * from final
