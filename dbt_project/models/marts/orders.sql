{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected_dates',
    on_schema_change='fail'
) }}

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
        -- Whose orders they are, which is the first one and what a platform paid of them may also change through
        -- records of other days.
        union distinct
        select built.business_date
        from {{ this }} as built
        inner join orders on built.order_id = orders.order_id
        left join members on built.order_id = members.first_order_id
        left join platform_discounts on built.order_id = platform_discounts.order_id
        where
            built.member_id is distinct from orders.member_id
            or built.member_basis is distinct from orders.member_basis
            or built.is_first_order <> (members.member_id is not null)
            or built.platform_discount_amount <> coalesce(platform_discounts.platform_discount_amount, 0)
    {% endif %}
),

final as (
    select
        orders.order_id,
        orders.store_id,
        orders.order_id_source,
        orders.business_date,
        orders.ordered_at,
        orders.member_id,
        orders.member_basis,
        orders.channel,
        orders.gross_amount,
        orders.discount_amount,
        orders.discount_amount as merchant_discount_amount,
        cast(coalesce(platform_discounts.platform_discount_amount, 0) as decimal(18, 2))
            as platform_discount_amount,
        orders.loyalty_discount_amount,
        orders.coupon_match_amount,
        orders.store_discount_amount,
        orders.coupon_amount,
        orders.net_sales_amount,
        orders.refund_amount,
        orders.cost_amount,
        orders.currency,
        orders.item_count,
        orders.order_kind,
        orders.is_purchase,
        orders.refunded_order_id,
        orders.sale_business_date,
        orders.tip_amount,
        orders.tax_amount,
        orders.rounding_amount,
        orders.margin_amount,
        orders.unitemised_amount,
        orders.till,
        orders.source_file_id,
        orders.source_line,
        members.member_id is not null as is_first_order
    from orders
    left join members on orders.order_id = members.first_order_id
    left join platform_discounts on orders.order_id = platform_discounts.order_id
    {% if is_incremental() %}
        where orders.business_date in (select affected_dates.business_date from affected_dates)
    {% endif %}
)

select * from final
