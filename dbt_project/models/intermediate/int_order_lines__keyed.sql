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

{% if is_incremental() %}
    -- Lines whose order has another day or id than their own, now and as built: receipts of other days move them.
    moved as (
        select
            order_id,
            business_date,
            part_date as line_date
        from parts
        where order_id <> store_id || '-' || order_id_source or business_date <> part_date
    ),

    built as (
        select
            order_id,
            business_date,
            line_date
        from {{ this }}
        where order_id <> store_id || '-' || order_id_source or business_date <> line_date
    ),

    changed as (
        select
            coalesce(moved.business_date, built.business_date) as business_date,
            coalesce(moved.line_date, built.line_date) as line_date
        from moved
        full outer join built
            on
                moved.order_id = built.order_id
                and moved.business_date = built.business_date
                and moved.line_date = built.line_date
        where moved.order_id is null or built.order_id is null
    ),

{% endif %}
affected_dates as (
    select business_date from {{ source('ops', 'affected_dates') }}
    {% if is_incremental() %}
        union distinct
        select business_date from changed
        union distinct
        select line_date as business_date from changed
        union distinct
        select moved.business_date
        from moved
        inner join {{ source('ops', 'affected_dates') }} as changed_dates
            on moved.line_date = changed_dates.business_date
    {% endif %}
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
        where parts.business_date in (select affected_dates.business_date from affected_dates)
    {% endif %}
)

select * from final
