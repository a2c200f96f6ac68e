with

points as (
    {{ points_without(ref('int_unmatched_payments__listed'), [ref('int_unmatched_payments__numbered')]) }}
),

-- One payment number of several tenders is one payment for them all; by other numbers the sums have to agree.
payment_groups as (
    select
        payment_key as group_key,
        sum(amount * side) as difference_amount
    from points
    where payment_key is not null
    group by payment_key
    having
        count(*) > 2
        and (
            sum(case when side = -1 then 1 else 0 end) = 1
            or (sum(case when side = 1 then 1 else 0 end) = 1 and sum(amount * side) = 0)
        )
),

grouped_by_payment as (
    select
        points.*,
        payment_groups.group_key,
        payment_groups.difference_amount
    from points
    inner join payment_groups on points.payment_key = payment_groups.group_key
),

other_points as (
    select points.*
    from points
    left join payment_groups on points.payment_key = payment_groups.group_key
    where payment_groups.group_key is null
),

number_groups as (
    select
        number_key as group_key,
        sum(amount * side) as difference_amount
    from other_points
    where number_key is not null
    group by number_key
    having
        count(*) > 2
        and (sum(case when side = 1 then 1 else 0 end) = 1 or sum(case when side = -1 then 1 else 0 end) = 1)
        and sum(amount * side) = 0
),

grouped as (
    select * from grouped_by_payment
    union all
    select
        other_points.*,
        number_groups.group_key,
        number_groups.difference_amount
    from other_points
    inner join number_groups on other_points.number_key = number_groups.group_key
),

ranked as (
    select
        *,
        count(*) over (partition by group_key, side) as side_count,
        row_number() over (
            partition by group_key, side order by second nulls last, point_id nulls last
        ) as share
    from grouped
),

-- The side that stands once is spread over the other; its last share takes what is left.
final as (
    select
        case when parts.side = 1 then parts.point_id else wholes.point_id end as tender_id,
        case when parts.side = 1 then wholes.point_id else parts.point_id end as payment_id,
        cast(case
            when parts.side = -1 and parts.share = parts.side_count then parts.amount + parts.difference_amount
            else parts.amount
        end as decimal(18, 2)) as pos_amount,
        cast(case
            when parts.side = 1 and parts.share = parts.side_count then parts.amount - parts.difference_amount
            else parts.amount
        end as decimal(18, 2)) as bill_amount,
        cast(case when parts.side = 1 then 1 else parts.share end as int) as tender_share,
        cast(case when parts.side = 1 then parts.share else 1 end as int) as payment_share,
        parts.side = -1 or parts.share = parts.side_count as has_fee,
        abs(parts.second - wholes.second) as seconds_apart
    from ranked as parts
    inner join ranked as wholes
        on
            parts.group_key = wholes.group_key
            and parts.side = -wholes.side
    where parts.side_count > 1 and wholes.side_count = 1
)

select * from final
