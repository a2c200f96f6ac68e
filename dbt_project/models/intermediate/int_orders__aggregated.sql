{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected_dates',
    on_schema_change='fail'
) }}

with

order_lines as (
    select * from {{ ref('int_order_lines__keyed') }}
),

order_payers as (
    select * from {{ ref('int_order_payers__found') }}
),

identifiers as (
    select * from {{ ref('int_identifiers__resolved') }}
    where member_id is not null
),

affected_dates as (
    select business_date from {{ source('ops', 'affected_dates') }}
    {% if is_incremental() %}
        -- Orders may have become another person's through a payment, a list or a decision of any other day.
        union distinct
        select named.business_date
        from ({{ named_orders(this, 'order_payers', 'identifiers') }}) as named
        inner join {{ this }} as built on named.order_id = built.order_id
        where
            named.member_id is distinct from built.member_id
            or named.member_basis is distinct from built.member_basis
    {% endif %}
),

aggregated as (
    select
        order_id,
        store_id,
        order_id_source,
        business_date,
        min(ordered_at) as ordered_at,
        min(card_token) as card_token,
        cast(count(distinct card_token) as int) as card_count,
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
),

named as (
    {{ named_orders('aggregated', 'order_payers', 'identifiers') }}
),

final as (
    select
        aggregated.*,
        named.member_id,
        named.member_basis
    from aggregated
    inner join named on aggregated.order_id = named.order_id and aggregated.business_date = named.business_date
)

select * from final
