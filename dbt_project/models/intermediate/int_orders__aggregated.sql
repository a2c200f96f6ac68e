{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected_dates',
    on_schema_change='fail'
) }}

with

order_lines as (
    select * from {{ ref('int_order_lines__keyed') }}
),

affected_dates as (
    select business_date from {{ source('ops', 'affected_dates') }}
),

final as (
    select
        order_id,
        store_id,
        order_id_source,
        business_date,
        min(ordered_at) as ordered_at,
        min(member_id) as member_id,
        cast(count(distinct member_id) as int) as member_count,
        cast(sum(gross_amount) as decimal(18, 2)) as gross_amount,
        cast(sum(discount_amount) as decimal(18, 2)) as discount_amount,
        cast(sum(loyalty_discount_amount) as decimal(18, 2)) as loyalty_discount_amount,
        cast(sum(coupon_match_amount) as decimal(18, 2)) as coupon_match_amount,
        cast(sum(store_discount_amount) as decimal(18, 2)) as store_discount_amount,
        cast(sum(coupon_amount) as decimal(18, 2)) as coupon_amount,
        cast(sum(net_sales_amount) as decimal(18, 2)) as net_sales_amount,
        cast(sum(case when net_sales_amount < 0 then -net_sales_amount else 0 end) as decimal(18, 2)) as refund_amount,
        min(currency) as currency,
        cast(count(*) as bigint) as item_count
    from order_lines
    {% if is_incremental() %}
        where business_date in (select affected_dates.business_date from affected_dates)
    {% endif %}
    group by order_id, store_id, order_id_source, business_date
)

select * from final
