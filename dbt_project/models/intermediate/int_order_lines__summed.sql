{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected_dates',
    on_schema_change='fail'
) }}

with

order_lines as (
    select
        *,
        case when {{ is_return('lines') }} then 1 else 0 end as return_count
    from {{ ref('int_order_lines__keyed') }} as lines
),

changed_dates as (
    select business_date from {{ ref('int_order_dates__changed') }}
),

final as (
    select
        order_id,
        business_date,
        min(ordered_at) as ordered_at,
        min(line_date) as first_line_date,
        max(line_date) as last_line_date,
        cast(count(distinct card_token) as int) as card_count,
        cast(sum(discount_amount) as decimal(18, 2)) as discount_amount,
        cast(sum(loyalty_discount_amount) as decimal(18, 2)) as loyalty_discount_amount,
        cast(sum(coupon_match_amount) as decimal(18, 2)) as coupon_match_amount,
        cast(sum(coupon_amount) as decimal(18, 2)) as coupon_amount,
        cast(sum(net_sales_amount) as decimal(18, 2)) as net_sales_amount,
        cast(sum(case when net_sales_amount < 0 then -net_sales_amount else 0 end) as decimal(18, 2))
            as returned_amount,
        min(currency) as currency,
        min(channel) as channel,
        cast(count(*) as bigint) as item_count,
        cast(sum(return_count) as bigint) as return_count
    from order_lines
    {% if is_incremental() %}
        where business_date in (select changed_dates.business_date from changed_dates)
    {% endif %}
    group by order_id, business_date
)

select * from final
