with

repeated as (
    select * from {{ ref('int_payment_numbers__repeated') }}
),

keyed_tenders as (
    select
        *,
        {{ pairing_key(['order_id_source']) }} as number_key
    from {{ ref('int_tenders__keyed') }}
    where is_billed
),

tenders as (
    select keyed_tenders.*
    from keyed_tenders
    left join repeated on keyed_tenders.number_key = repeated.number_key
    where repeated.number_key is null
),

keyed_entries as (
    select
        *,
        {{ pairing_key(['order_id_source']) }} as number_key
    from {{ ref('int_payments__keyed') }}
    where origin = 'bill' and order_id_source is not null
),

entries as (
    select keyed_entries.*
    from keyed_entries
    left join repeated on keyed_entries.number_key = repeated.number_key
    where repeated.number_key is null
),

-- A hash may be that of another number: what it has brought together is compared.
final as (
    select
        coalesce(tenders.number_key, entries.number_key) as number_key,
        coalesce(
            tenders.amount = entries.amount
            and tenders.order_id_source = entries.order_id_source
            and tenders.store_id = entries.store_id,
            false
        ) as is_settled,
        tenders.tender_id,
        entries.payment_id,
        tenders.store_id,
        tenders.payment_channel,
        tenders.kind,
        tenders.currency,
        tenders.order_id,
        tenders.amount,
        tenders.business_date as pos_date,
        entries.business_date as bill_date,
        abs({{ epoch_seconds('entries.paid_at') }} - {{ epoch_seconds('tenders.paid_at') }}) as seconds_apart,
        entries.fee_amount,
        tenders.source_file_id as pos_file_id,
        tenders.source_line as pos_line,
        entries.source_file_id as bill_file_id,
        entries.source_line as bill_line
    from tenders
    full outer join entries on tenders.number_key = entries.number_key
)

select * from final
