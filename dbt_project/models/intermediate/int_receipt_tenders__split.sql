with

receipts as (
    select * from {{ ref('stg_bronze__pos_receipts') }}
    where
        kind <> 'void'
        and collected_amount <> 0
        and tender is not null
),

told_receipts as (
    select distinct
        store_id,
        order_id_source
    from {{ ref('stg_bronze__pos_tenders') }}
),

untold as (
    select receipts.*
    from receipts
    left join told_receipts
        on
            receipts.store_id = told_receipts.store_id
            and receipts.order_id_source = told_receipts.order_id_source
    where told_receipts.store_id is null
),

-- 'cash 10.00; wechat_pay 1,000.00': words with amounts, which have to come to what was collected.
parts as (
    select
        untold.store_id,
        untold.order_id_source,
        untold.kind,
        untold.collected_amount,
        parts.position,
        trim(regexp_extract(parts.part, '^(.*?)[ ]*(-?[0-9][0-9.,]*)?[ ]*$', 1)) as word,
        try_cast(replace(regexp_extract(parts.part, '(-?[0-9][0-9.,]*)[ ]*$', 1), ',', '') as decimal(18, 2)) as amount
    from untold
    {{ each_part('untold.tender', ';') }}
),

signed_parts as (
    select
        *,
        case when kind = 'refund' then -abs(amount) else amount end as signed_amount
    from parts
    where word not in ('储值本金', '储值赠送')
),

sums as (
    select
        store_id,
        order_id_source,
        kind,
        count(*) as part_count,
        min(word) as word,
        sum(signed_amount) = min(collected_amount) and count(signed_amount) = count(*) as is_itemised
    from signed_parts
    group by store_id, order_id_source, kind
),

itemised as (
    select
        signed_parts.store_id,
        signed_parts.order_id_source,
        signed_parts.kind,
        signed_parts.position,
        signed_parts.word,
        signed_parts.signed_amount as amount
    from signed_parts
    inner join sums
        on
            signed_parts.store_id = sums.store_id
            and signed_parts.order_id_source = sums.order_id_source
            and signed_parts.kind = sums.kind
    where sums.is_itemised and signed_parts.signed_amount <> 0
),

-- One word without an amount stands for all of it; several say how it was paid, but not what by which.
final as (
    select
        untold.store_id,
        cast(
            'receipt-' || untold.kind || '-' || untold.order_id_source
            || '-' || coalesce(itemised.position, 1) as string
        ) as entry_id_source,
        untold.order_id_source,
        cast(
            case when coalesce(itemised.amount, untold.collected_amount) < 0 then 'refund' else 'payment' end as string
        ) as kind,
        cast(case
            when itemised.word is not null then {{ tender_channel('itemised.word') }}
            when sums.part_count = 1 then {{ tender_channel('sums.word') }}
            else 'other'
        end as string) as payment_channel,
        cast(coalesce(itemised.amount, untold.collected_amount) as decimal(18, 2)) as amount,
        untold.currency,
        untold.ordered_at as paid_at,
        untold.business_date,
        cast(coalesce(itemised.word, untold.tender) as string) as trade_type,
        untold.till as terminal,
        untold._file_id,
        untold._line
    from untold
    inner join sums
        on
            untold.store_id = sums.store_id
            and untold.order_id_source = sums.order_id_source
            and untold.kind = sums.kind
    left join itemised
        on
            untold.store_id = itemised.store_id
            and untold.order_id_source = itemised.order_id_source
            and untold.kind = itemised.kind
)

select * from final
