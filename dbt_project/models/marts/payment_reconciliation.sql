with

matches as (
    select * from {{ ref('int_payment_matches__classified') }}
),

last_dates as (
    select max(business_date) as last_date
    from (
        select max(business_date) as business_date from {{ ref('int_tenders__keyed') }}
        union all
        select max(business_date) as business_date from {{ ref('int_payments__keyed') }}
    ) as dates
),

decisions as (
    select * from {{ ref('int_reconciliation_decisions__ranked') }}
    where decision_rank = 1
),

-- What both sides tell of one day, or one alone, is a row; else each day has a row of its side.
sided as (
    select
        case
            when tender_id is null then 'bill-' || payment_id
            when tender_share = 1 then 'till-' || tender_id
            else 'till-' || tender_id || '-' || cast(tender_share as string)
        end as reconciliation_id,
        coalesce(pos_date, bill_date) as business_date,
        coalesce(pos_amount, 0) as side_pos_amount,
        coalesce(bill_amount, 0) as side_bill_amount,
        true as has_till_side,
        true as has_bill_side,
        *
    from matches
    where pos_date = bill_date or pos_date is null or bill_date is null

    union all

    select
        case
            when tender_share = 1 then 'till-' || tender_id
            else 'till-' || tender_id || '-' || cast(tender_share as string)
        end as reconciliation_id,
        pos_date as business_date,
        pos_amount as side_pos_amount,
        0 as side_bill_amount,
        true as has_till_side,
        false as has_bill_side,
        *
    from matches
    where pos_date <> bill_date

    union all

    select
        case
            when payment_share = 1 then 'bill-' || payment_id
            else 'bill-' || payment_id || '-' || cast(payment_share as string)
        end as reconciliation_id,
        bill_date as business_date,
        0 as side_pos_amount,
        bill_amount as side_bill_amount,
        false as has_till_side,
        true as has_bill_side,
        *
    from matches
    where pos_date <> bill_date
),

statuses as (
    select
        sided.*,
        case
            when sided.class in ('matched', 'cross_day') then 'closed'
            else coalesce(decisions.decision, 'open')
        end as status
    from sided
    left join decisions on sided.reconciliation_id = decisions.reconciliation_id
),

final as (
    select
        cast(statuses.reconciliation_id as string) as reconciliation_id,
        statuses.store_id,
        statuses.business_date,
        statuses.payment_channel,
        statuses.kind,
        statuses.currency,
        statuses.order_id,
        statuses.tender_id,
        statuses.payment_id,
        statuses.class,
        cast(statuses.side_pos_amount as decimal(18, 2)) as pos_amount,
        cast(statuses.side_bill_amount as decimal(18, 2)) as bill_amount,
        cast(statuses.side_pos_amount - statuses.side_bill_amount as decimal(18, 2)) as difference_amount,
        case when statuses.has_bill_side then statuses.fee_amount end as fee_amount,
        case when statuses.has_bill_side then statuses.expected_fee_amount end as expected_fee_amount,
        statuses.match_rule,
        statuses.match_rank,
        statuses.candidate_count,
        statuses.seconds_apart,
        cast(statuses.status as string) as status,
        case when statuses.class not in ('matched', 'cross_day') then statuses.business_date end as opened_date,
        cast(
            case
                when statuses.status = 'open' then {{ days_between('statuses.business_date', 'last_dates.last_date') }}
            end as int
        ) as days_open,
        case when statuses.has_till_side then statuses.pos_file_id end as pos_source_file_id,
        case when statuses.has_till_side then statuses.pos_line end as pos_source_line,
        case when statuses.has_bill_side then statuses.bill_file_id end as bill_source_file_id,
        case when statuses.has_bill_side then statuses.bill_line end as bill_source_line
    from statuses
    cross join last_dates
)

select * from final
