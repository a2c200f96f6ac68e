with

listed as (
    select
        store_id,
        entry_id_source,
        order_id_source,
        kind,
        payment_channel,
        amount,
        currency,
        paid_at,
        business_date,
        payment_id_source,
        trade_type,
        terminal,
        card_token,
        _file_id,
        _line
    from {{ ref('stg_bronze__pos_tenders') }}

    union all

    select
        store_id,
        entry_id_source,
        order_id_source,
        kind,
        payment_channel,
        amount,
        currency,
        paid_at,
        business_date,
        null as payment_id_source,
        trade_type,
        terminal,
        null as card_token,
        _file_id,
        _line
    from {{ ref('int_receipt_tenders__split') }}
),

-- A store has a bill of a channel where one names it, or where the head office sends one for all.
bills as (
    select distinct
        payment_channel,
        case when sender_id = 'chain' then '' else store_id end as store_id
    from {{ ref('stg_bronze__payments') }}
    where payment_channel in ('wechat', 'alipay', 'card')
),

orders as (
    select
        store_id,
        order_id_source,
        business_date,
        case told_kind when 'sale' then 'payment' else told_kind end as kind,
        order_id
    from {{ ref('int_order_numbers__assigned') }}
),

-- The order of the tender's own day; where the till tells none, the first one that has the number.
final as (
    select
        cast(listed.store_id || '-' || listed.entry_id_source as string) as tender_id,
        coalesce(
            orders.order_id,
            cast(
                listed.store_id || '-' || listed.order_id_source
                || case when listed.kind = 'refund' then '-refund' else '' end as string
            )
        ) as order_id,
        listed.store_id,
        listed.order_id_source,
        listed.kind,
        listed.payment_channel,
        listed.amount,
        listed.currency,
        listed.paid_at,
        listed.business_date,
        cast(listed.payment_id_source as string) as payment_id_source,
        listed.trade_type,
        listed.terminal,
        cast(listed.card_token as string) as card_token,
        chain_bills.payment_channel is not null or store_bills.payment_channel is not null as is_billed,
        listed._file_id as source_file_id,
        listed._line as source_line
    from listed
    left join bills as chain_bills
        on
            listed.payment_channel = chain_bills.payment_channel
            and chain_bills.store_id = ''
    left join bills as store_bills
        on
            listed.payment_channel = store_bills.payment_channel
            and listed.store_id = store_bills.store_id
    left join orders
        on
            listed.store_id = orders.store_id
            and listed.order_id_source = orders.order_id_source
            and listed.business_date = orders.business_date
            and listed.kind = orders.kind
)

select * from final
