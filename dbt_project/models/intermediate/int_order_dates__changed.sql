{{ config(post_hook="{{ widen_change_set(this) }}") }}
{%- set is_increment = is_built(source('built', 'int_orders__aggregated')) %}

with

numbers as (
    select * from {{ ref('int_order_numbers__assigned') }}
),

parts as (
    select * from {{ ref('int_order_parts__placed') }}
    where origin = 'lines'
),

affected_dates as (
    select business_date from {{ source('ops', 'affected_dates') }}
),

-- Lines whose order has another day or id than their own.
moved as (
    select
        numbers.order_id,
        parts.business_date,
        parts.part_date as line_date
    from parts
    inner join numbers
        on
            parts.store_id = numbers.store_id
            and parts.order_id_source = numbers.order_id_source
            and parts.business_date = numbers.business_date
            and parts.told_kind = numbers.told_kind
    where
        numbers.order_id <> parts.store_id || '-' || parts.order_id_source
        or parts.business_date <> parts.part_date
),

{% if is_increment %}
    built_orders as (
        select * from {{ source('built', 'int_orders__aggregated') }}
    ),

    built_lines as (
        select
            order_id,
            business_date,
            line_date
        from {{ source('built', 'int_order_lines__keyed') }}
        where order_id <> store_id || '-' || order_id_source or business_date <> line_date
    ),

    -- Where they stood so far and where they stand now, if these are not the same.
    replaced as (
        select
            coalesce(moved.business_date, built_lines.business_date) as business_date,
            coalesce(moved.line_date, built_lines.line_date) as line_date
        from moved
        full outer join built_lines
            on
                moved.order_id = built_lines.order_id
                and moved.business_date = built_lines.business_date
                and moved.line_date = built_lines.line_date
        where moved.order_id is null or built_lines.order_id is null
    ),

{% endif %}
final as (
    select business_date from affected_dates
    union distinct
    select moved.business_date
    from moved
    inner join affected_dates on moved.line_date = affected_dates.business_date
    {% if is_increment %}
        union distinct
        select business_date from replaced
        union distinct
        select line_date as business_date from replaced
        union distinct
        {{ differing_dates('numbers', 'built_orders', [
            'order_id', 'told_kind', 'refunded_order_id', 'sale_business_date', 'card_token', 'phone_token',
            'account_token',
        ]) }}
    {% endif %}
)

select * from final
