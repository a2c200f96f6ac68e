with

points as (
    select * from {{ ref('int_unmatched_payments__listed') }}
),

whole_pairs as (
    select * from {{ ref('int_unmatched_payments__numbered') }}
    union all
    select * from {{ ref('int_unmatched_payments__paired') }}
),

combined as (
    select * from {{ ref('int_combined_payments__split') }}
),

candidates as (
    select * from {{ ref('int_payment_candidates__listed') }}
),

lone as (
    {{ points_without('points', ['whole_pairs', 'combined']) }}
),

candidate_counts as (
    select
        1 as side,
        tender_id as point_id,
        max(tender_candidate_count) as candidate_count
    from candidates
    group by tender_id
    union all
    select
        -1 as side,
        payment_id as point_id,
        max(entry_candidate_count) as candidate_count
    from candidates
    group by payment_id
),

assigned as (
    select
        tender_id,
        payment_id,
        match_rule,
        seconds_apart,
        cast(null as decimal(18, 2)) as pos_amount,
        cast(null as decimal(18, 2)) as bill_amount,
        1 as tender_share,
        1 as payment_share,
        true as has_fee
    from whole_pairs

    union all

    select
        tender_id,
        payment_id,
        'combined' as match_rule,
        seconds_apart,
        pos_amount,
        bill_amount,
        tender_share,
        payment_share,
        has_fee
    from combined

    union all

    select
        case when side = 1 then point_id end as tender_id,
        case when side = -1 then point_id end as payment_id,
        'none' as match_rule,
        null as seconds_apart,
        null as pos_amount,
        null as bill_amount,
        1 as tender_share,
        1 as payment_share,
        true as has_fee
    from lone
),

final as (
    select
        assigned.tender_id,
        assigned.payment_id,
        cast(assigned.match_rule as string) as match_rule,
        cast(case when assigned.match_rule = 'amount_and_time' then candidates.candidate_rank end as int) as match_rank,
        cast(coalesce(candidate_counts.candidate_count, 0) as int) as candidate_count,
        cast(assigned.seconds_apart as bigint) as seconds_apart,
        assigned.pos_amount,
        assigned.bill_amount,
        cast(assigned.tender_share as int) as tender_share,
        cast(assigned.payment_share as int) as payment_share,
        assigned.has_fee
    from assigned
    left join candidates
        on
            assigned.tender_id = candidates.tender_id
            and assigned.payment_id = candidates.payment_id
    left join candidate_counts
        on
            coalesce(assigned.tender_id, assigned.payment_id) = candidate_counts.point_id
            and case when assigned.tender_id is null then -1 else 1 end = candidate_counts.side
)

select * from final
