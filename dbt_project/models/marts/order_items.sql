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
        line_number,
        product_id,
        business_date,
        quantity,
        gross_amount,
        discount_amount,
        loyalty_discount_amount,
        coupon_match_amount,
        store_discount_amount,
        coupon_amount,
        net_sales_amount,
        source_file_id,
        source_line
    from order_lines
    {% if is_incremental() %}
        where business_date in (select affected_dates.business_date from affected_dates)
    {% endif %}
)

select * from final
