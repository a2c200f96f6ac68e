{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected_dates',
    on_schema_change='fail'
) }}
{%- set ours = [
    'order_id', 'store_id', 'order_id_source', 'business_date', 'ordered_at', 'member_id', 'member_basis', 'channel',
    'gross_amount', 'discount_amount', 'loyalty_discount_amount', 'coupon_match_amount', 'store_discount_amount',
    'coupon_amount', 'net_sales_amount', 'refund_amount', 'cost_amount', 'currency', 'item_count', 'order_kind',
    'is_purchase', 'refunded_order_id', 'sale_business_date', 'tip_amount', 'tax_amount', 'rounding_amount',
    'margin_amount', 'unitemised_amount', 'till', 'source_file_id', 'source_line',
] %}

with

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

members as (
    select * from {{ ref('int_members__summarised') }}
),

platform_discounts as (
    select * from {{ ref('int_platform_discounts__summed') }}
),

affected_dates as (
    select business_date from {{ source('ops', 'affected_dates') }}
    {% if is_incremental() %}
        -- Whose orders they are, which is the first one, what a platform paid of them and which sale a refund is of may
        -- also change through records of other days.
        union distinct
        select built.business_date
        from {{ this }} as built
        inner join orders on built.order_id = orders.order_id
        left join members on built.order_id = members.first_order_id
        left join platform_discounts on built.order_id = platform_discounts.order_id
        where
            built.is_first_order <> (members.member_id is not null)
            or built.platform_discount_amount <> coalesce(platform_discounts.platform_discount_amount, 0)
        union distinct
        {{ differing_dates('orders', this, ours) }}
    {% endif %}
),

final as (
    select
        {% for column in ours %}
            orders.{{ column }},
        {% endfor %}
        orders.discount_amount as merchant_discount_amount,
        cast(coalesce(platform_discounts.platform_discount_amount, 0) as decimal(18, 2)) as platform_discount_amount,
        members.member_id is not null as is_first_order
    from orders
    left join members on orders.order_id = members.first_order_id
    left join platform_discounts on orders.order_id = platform_discounts.order_id
    {% if is_incremental() %}
        where orders.business_date in (select affected_dates.business_date from affected_dates)
    {% endif %}
)

select * from final
