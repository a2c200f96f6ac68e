{{ config(materialized='view') }}

with

settled as (
    select * from {{ ref('int_payment_numbers__matched') }}
    where is_settled
),

assigned as (
    select * from {{ ref('int_unmatched_payments__assigned') }}
),

points as (
    select * from {{ ref('int_unmatched_payments__listed') }}
),

-- Entries of one order number and amount: the first that a tender has, else the first of all, is the purchase.
repetitions as (
    select
        points.point_id as payment_id,
        row_number() over (
            partition by points.number_key, points.amount
            order by
                case when assigned.tender_id is not null then 1 else 2 end asc nulls last,
                points.second asc nulls last,
                points.point_id asc nulls last
        ) > 1 as is_repetition
    from points
    inner join assigned on points.point_id = assigned.payment_id
    where
        points.side = -1
        and points.kind = 'payment'
        and points.number_key is not null
        and assigned.payment_share = 1
),

final as (
    select
        tender_id,
        payment_id,
        store_id,
        payment_channel,
        kind,
        currency,
        order_id,
        amount as pos_amount,
        amount as bill_amount,
        pos_date,
        bill_date,
        cast('order_number' as string) as match_rule,
        cast(null as int) as match_rank,
        cast(1 as int) as candidate_count,
        cast(seconds_apart as bigint) as seconds_apart,
        cast(1 as int) as tender_share,
        cast(1 as int) as payment_share,
        false as is_repetition,
        fee_amount,
        amount as fee_base_amount,
        cast(null as decimal(18, 2)) as merchant_discount_amount,
        cast(null as decimal(18, 2)) as platform_discount_amount,
        pos_file_id,
        pos_line,
        bill_file_id,
        bill_line
    from settled

    union all

    select
        assigned.tender_id,
        assigned.payment_id,
        coalesce(tenders.store_id, entries.store_id, '') as store_id,
        coalesce(tenders.payment_channel, entries.payment_channel) as payment_channel,
        coalesce(tenders.kind, entries.kind) as kind,
        coalesce(tenders.currency, entries.currency) as currency,
        coalesce(tenders.order_id, entries.order_id) as order_id,
        coalesce(assigned.pos_amount, tenders.amount) as pos_amount,
        coalesce(assigned.bill_amount, entries.amount) as bill_amount,
        tenders.business_date as pos_date,
        entries.business_date as bill_date,
        assigned.match_rule,
        assigned.match_rank,
        assigned.candidate_count,
        assigned.seconds_apart,
        assigned.tender_share,
        assigned.payment_share,
        coalesce(repetitions.is_repetition, false) as is_repetition,
        case when assigned.has_fee then entries.fee_amount end as fee_amount,
        case when assigned.has_fee then entries.amount end as fee_base_amount,
        case when assigned.has_fee then entries.merchant_discount_amount end as merchant_discount_amount,
        case when assigned.has_fee then entries.platform_discount_amount end as platform_discount_amount,
        tenders.source_file_id as pos_file_id,
        tenders.source_line as pos_line,
        entries.source_file_id as bill_file_id,
        entries.source_line as bill_line
    from assigned
    left join points as tenders on assigned.tender_id = tenders.point_id and tenders.side = 1
    left join points as entries on assigned.payment_id = entries.point_id and entries.side = -1
    left join repetitions on assigned.payment_id = repetitions.payment_id
)

select * from final
