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

-- A refund is an order beside its sale, as orders are numbered: -refund, and from the second day on the day.
refund_dates as (
    select
        store_id,
        order_id_source,
        business_date,
        row_number() over (partition by store_id, order_id_source order by business_date nulls last) as date_number
    from listed
    where kind = 'refund'
    group by store_id, order_id_source, business_date
),

sales as (
    select distinct
        listed.store_id,
        listed.order_id_source
    from listed
    inner join refund_dates
        on
            listed.store_id = refund_dates.store_id
            and listed.order_id_source = refund_dates.order_id_source
    where listed.kind = 'payment'
),

final as (
    select
        cast(listed.store_id || '-' || listed.entry_id_source as string) as tender_id,
        cast(
            listed.store_id || '-' || listed.order_id_source
            || case when listed.kind = 'refund' and sales.store_id is not null then '-refund' else '' end
            || case when refund_dates.date_number > 1 then '-' || cast(listed.business_date as string) else '' end
            as string
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
    left join refund_dates
        on
            listed.kind = 'refund' and listed.store_id = refund_dates.store_id
            and listed.order_id_source = refund_dates.order_id_source
            and listed.business_date = refund_dates.business_date
    left join sales
        on
            listed.store_id = sales.store_id
            and listed.order_id_source = sales.order_id_source
)

select * from final
