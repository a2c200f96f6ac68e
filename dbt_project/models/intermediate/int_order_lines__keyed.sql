{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected_dates',
    on_schema_change='fail'
) }}

with

pos_order_lines as (
    select
        *,
        case when {{ is_return('lines') }} then 'refund' else 'sale' end as part_kind
    from {{ ref('stg_bronze__pos_order_lines') }} as lines
),

parts as (
    select
        parts.store_id,
        parts.order_id_source,
        parts.part_date,
        parts.part_kind,
        parts.business_date,
        parts.line_offset,
        numbers.order_id
    from {{ ref('int_order_parts__placed') }} as parts
    inner join {{ ref('int_order_numbers__assigned') }} as numbers
        on
            parts.store_id = numbers.store_id
            and parts.order_id_source = numbers.order_id_source
            and parts.business_date = numbers.business_date
            and parts.told_kind = numbers.told_kind
    where parts.origin = 'lines'
),

changed_dates as (
    select business_date from {{ ref('int_order_dates__changed') }}
),

final as (
    select
        parts.order_id,
        cast(parts.line_offset + lines.line_number as int) as line_number,
        lines.store_id,
        lines.order_id_source,
        lines.ordered_at,
        parts.business_date,
        lines.business_date as line_date,
        lines.product_id_source as product_id,
        lines.card_token,
        lines.quantity,
        lines.gross_amount,
        cast(lines.loyalty_discount_amount + lines.coupon_match_amount + lines.store_discount_amount as decimal(18, 2))
            as discount_amount,
        lines.loyalty_discount_amount,
        lines.coupon_match_amount,
        lines.store_discount_amount,
        lines.coupon_amount,
        lines.net_sales_amount,
        lines.currency,
        lines.channel,
        lines._file_id as source_file_id,
        lines._line as source_line
    from pos_order_lines as lines
    inner join parts
        on
            lines.store_id = parts.store_id
            and lines.order_id_source = parts.order_id_source
            and lines.business_date = parts.part_date
            and lines.part_kind = parts.part_kind
    {% if is_incremental() %}
        where parts.business_date in (select changed_dates.business_date from changed_dates)
    {% endif %}
)

select * from final
