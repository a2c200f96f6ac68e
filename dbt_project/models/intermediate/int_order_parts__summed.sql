{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected_dates',
    on_schema_change='fail'
) }}

with

order_lines as (
    select * from {{ ref('stg_bronze__pos_order_lines') }}
),

affected_dates as (
    select business_date from {{ source('ops', 'affected_dates') }}
),

lines as (
    select
        *,
        case when {{ is_return('order_lines') }} then 'refund' else 'sale' end as part_kind
    from order_lines
    {% if is_incremental() %}
        where order_lines.business_date in (select affected_dates.business_date from affected_dates)
    {% endif %}
),

receipts as (
    select * from {{ ref('stg_bronze__pos_receipts') }}
    {% if is_incremental() %}
        where business_date in (select affected_dates.business_date from affected_dates)
    {% endif %}
),

final as (
    select
        store_id,
        order_id_source,
        business_date,
        cast('receipt' as string) as origin,
        kind as part_kind,
        card_token,
        phone_token,
        account_token,
        cast(0 as int) as last_line_number
    from receipts

    union all

    select
        store_id,
        order_id_source,
        business_date,
        cast('lines' as string) as origin,
        cast(part_kind as string) as part_kind,
        min(card_token) as card_token,
        cast(null as string) as phone_token,
        cast(null as string) as account_token,
        cast(max(line_number) as int) as last_line_number
    from lines
    group by store_id, order_id_source, business_date, part_kind
)

select * from final
