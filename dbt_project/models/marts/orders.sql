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

affected_dates as (
    select business_date from {{ source('ops', 'affected_dates') }}
    {% if is_incremental() %}
        -- Whose orders they are, and which is the first one, may also change through records of other days.
        union distinct
        select built.business_date
        from {{ this }} as built
        inner join orders on built.order_id = orders.order_id
        left join members on built.order_id = members.first_order_id
        where
            built.member_id is distinct from orders.member_id
            or built.member_basis is distinct from orders.member_basis
            or built.is_first_order <> (members.member_id is not null)
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
        cast('store' as string) as channel,
        orders.gross_amount,
        orders.discount_amount,
        orders.discount_amount as merchant_discount_amount,
        cast(0 as decimal(18, 2)) as platform_discount_amount,
        orders.loyalty_discount_amount,
        orders.coupon_match_amount,
        orders.store_discount_amount,
        orders.coupon_amount,
        orders.net_sales_amount,
        orders.refund_amount,
        cast(null as decimal(18, 2)) as cost_amount,
        orders.currency,
        orders.item_count,
        members.member_id is not null as is_first_order
    from orders
    left join members on orders.order_id = members.first_order_id
    {% if is_incremental() %}
        where orders.business_date in (select affected_dates.business_date from affected_dates)
    {% endif %}
)

select * from final
