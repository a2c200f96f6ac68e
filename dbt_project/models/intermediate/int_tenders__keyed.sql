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

final as (
    select
        cast(listed.store_id || '-' || listed.entry_id_source as string) as tender_id,
        cast(
            listed.store_id || '-' || listed.order_id_source
            || case when listed.kind = 'refund' then '-refund' else '' end as string
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
            and store_bills.store_id <> ''
)

select * from final
