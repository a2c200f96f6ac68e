{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected_dates',
    on_schema_change='fail'
) }}

with

pos_order_lines as (
    select * from {{ ref('stg_bronze__pos_order_lines') }}
),

affected_dates as (
    select business_date from {{ source('ops', 'affected_dates') }}
),

final as (
    select
        cast(store_id || '-' || order_id_source as string) as order_id,
        line_number,
        store_id,
        order_id_source,
        ordered_at,
        business_date,
        product_id_source as product_id,
        card_token,
        quantity,
        gross_amount,
        cast(
            loyalty_discount_amount + coupon_match_amount + store_discount_amount as decimal(18, 2)
        ) as discount_amount,
        loyalty_discount_amount,
        coupon_match_amount,
        store_discount_amount,
        coupon_amount,
        net_sales_amount,
        currency,
        _file_id as source_file_id,
        _line as source_line
    from pos_order_lines
    {% if is_incremental() %}
        where business_date in (select affected_dates.business_date from affected_dates)
    {% endif %}
)

select * from final
