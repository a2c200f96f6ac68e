with

unsettled as (
    select number_key from {{ ref('int_payment_numbers__matched') }}
    where not is_settled
    union all
    select number_key from {{ ref('int_payment_numbers__repeated') }}
),

tenders as (
    select
        *,
        {{ pairing_key(['order_id_source']) }} as number_key,
        {{ pairing_key(['payment_id_source']) }} as payment_key,
        {{ pairing_key(['amount']) }} as amount_key
    from {{ ref('int_tenders__keyed') }}
    where is_billed
),

entries as (
    select
        *,
        {{ pairing_key(['order_id_source']) }} as number_key,
        {{ pairing_key(['payment_id_source']) }} as payment_key,
        {{ pairing_key(['amount']) }} as amount_key
    from {{ ref('int_payments__keyed') }}
    where origin = 'bill'
),

final as (
    select
        1 as side,
        tenders.tender_id as point_id,
        tenders.store_id,
        tenders.payment_channel,
        tenders.kind,
        tenders.currency,
        tenders.amount,
        tenders.business_date,
        {{ epoch_seconds('tenders.paid_at') }} as second,
        tenders.order_id,
        tenders.number_key,
        case when tenders.payment_id_source is not null then tenders.payment_key end as payment_key,
        tenders.amount_key,
        cast(null as decimal(18, 2)) as fee_amount,
        cast(null as decimal(18, 2)) as merchant_discount_amount,
        cast(null as decimal(18, 2)) as platform_discount_amount,
        tenders.source_file_id,
        tenders.source_line
    from tenders
    inner join unsettled on tenders.number_key = unsettled.number_key

    union all

    select
        -1 as side,
        entries.payment_id as point_id,
        entries.store_id,
        entries.payment_channel,
        cast(case when entries.kind = 'payment' then 'payment' else 'refund' end as string) as kind,
        entries.currency,
        entries.amount,
        entries.business_date,
        {{ epoch_seconds('entries.paid_at') }} as second,
        entries.order_id,
        case when entries.order_id_source is not null then entries.number_key end as number_key,
        entries.payment_key,
        entries.amount_key,
        entries.fee_amount,
        entries.merchant_discount_amount,
        entries.platform_discount_amount,
        entries.source_file_id,
        entries.source_line
    from entries
    left join unsettled on entries.number_key = unsettled.number_key
    where entries.order_id_source is null or unsettled.number_key is not null
)

select * from final
