{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected_dates',
    on_schema_change='fail'
) }}

with

amounts as (
    select * from {{ ref('int_order_amounts__ruled') }}
),

order_payers as (
    select * from {{ ref('int_order_payers__found') }}
),

identifiers as (
    select * from {{ ref('int_identifiers__resolved') }}
    where member_id is not null
),

changed_dates as (
    select business_date from {{ ref('int_order_dates__changed') }}
    {% if is_incremental() %}
        -- Orders may have become another person's through a payment, a list or a decision of any other day.
        union distinct
        select named.business_date
        from ({{ named_orders(this, 'order_payers', 'identifiers') }}) as named
        inner join {{ this }} as built on named.order_id = built.order_id
        where
            named.member_id is distinct from built.member_id
            or named.member_basis is distinct from built.member_basis
            or named.member_token is distinct from built.member_token
    {% endif %}
),

orders as (
    select * from amounts
    {% if is_incremental() %}
        where business_date in (select changed_dates.business_date from changed_dates)
    {% endif %}
),

named as (
    {{ named_orders('orders', 'order_payers', 'identifiers') }}
),

final as (
    select
        orders.order_id,
        orders.store_id,
        orders.order_id_source,
        orders.business_date,
        orders.told_kind,
        orders.order_kind,
        orders.is_purchase,
        orders.refunded_order_id,
        orders.sale_business_date,
        orders.ordered_at,
        orders.card_token,
        orders.phone_token,
        orders.account_token,
        orders.card_count,
        orders.gross_amount,
        orders.discount_amount,
        orders.loyalty_discount_amount,
        orders.coupon_match_amount,
        orders.store_discount_amount,
        orders.coupon_amount,
        orders.net_sales_amount,
        orders.unitemised_amount,
        orders.refund_amount,
        orders.tip_amount,
        orders.tax_amount,
        orders.rounding_amount,
        orders.cost_amount,
        orders.margin_amount,
        orders.currency,
        orders.channel,
        orders.till,
        orders.item_count,
        orders.first_line_date,
        orders.last_line_date,
        orders.source_file_id,
        orders.source_line,
        named.member_id,
        named.member_basis,
        named.member_token
    from orders
    inner join named on orders.order_id = named.order_id and orders.business_date = named.business_date
)

select * from final
