{%- set seconds = reconciliation_parameter('amount_minutes') * 60 -%}

with

points as (
    select * from {{ ref('int_unmatched_payments__listed') }}
),

-- Of the slots of time, each as long as the limit, an entry may meet its own and the two beside it.
offsets as (
    select -1 as slot_offset
    union all
    select 0 as slot_offset
    union all
    select 1 as slot_offset
),

slots as (
    select
        points.point_id as payment_id,
        points.amount_key,
        points.second,
        {{ int_quotient('points.second', seconds) }} + offsets.slot_offset as slot
    from points
    cross join offsets
    where points.side = -1
),

near as (
    select
        points.point_id as tender_id,
        slots.payment_id,
        abs(slots.second - points.second) as seconds_apart
    from points
    inner join slots
        on
            points.amount_key = slots.amount_key
            and {{ int_quotient('points.second', seconds) }} = slots.slot
    where points.side = 1 and abs(slots.second - points.second) <= {{ seconds }}
),

final as (
    select
        tender_id,
        payment_id,
        seconds_apart,
        cast(rank() over (partition by tender_id order by seconds_apart nulls last) as int) as candidate_rank,
        cast(count(*) over (partition by tender_id) as int) as tender_candidate_count,
        cast(count(*) over (partition by payment_id) as int) as entry_candidate_count
    from near
)

select * from final
