with

entries as (
    select * from {{ ref('int_points__keyed') }}
    where member_id is not null
),

cards as (
    select * from {{ ref('int_member_cards__listed') }}
    where member_id is not null
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

balances as (
    select
        member_id,
        sum(case when kind = 'earn' then points else 0 end) as earned_points,
        sum(case when kind = 'spend' then points else 0 end) as spent_points,
        sum(case when kind = 'expire' then points else 0 end) as expired_points,
        sum(case when kind = 'reverse' then points else 0 end) as reversed_points,
        sum(case when kind = 'adjust' then points else 0 end) as adjusted_points,
        sum(points) as balance_points,
        count(*) as entry_count,
        min(business_date) as first_entry_date,
        max(business_date) as last_entry_date
    from entries
    group by member_id
),

rewarded_orders as (
    select
        member_id,
        order_id,
        max(case when kind = 'reverse' then 1 else 0 end) as has_reversal
    from entries
    where kind in ('earn', 'reverse')
    group by member_id, order_id
),

refunded_orders as (
    select order_id from orders
    where refund_amount > 0
    union distinct
    select refunded_order_id as order_id from orders
    where refunded_order_id is not null
),

unreversed as (
    select
        rewarded_orders.member_id,
        count(*) as unreversed_refund_count
    from rewarded_orders
    inner join refunded_orders on rewarded_orders.order_id = refunded_orders.order_id
    where rewarded_orders.has_reversal = 0
    group by rewarded_orders.member_id
),

card_ranks as (
    select
        *,
        row_number() over (
            partition by member_id
            order by
                case when is_closed then 1 else 0 end asc nulls last,
                case when card_tier is null then 1 else 0 end asc nulls last,
                listed_date desc nulls last,
                joined_date desc nulls last,
                card_token asc nulls last
        ) as card_rank
    from cards
),

listings as (
    select
        member_id,
        max(case when card_rank = 1 then card_tier end) as card_tier,
        max(case when card_rank = 1 then listed_date end) as tier_date,
        count(*) as card_count,
        sum(case when not is_closed then points end) as listed_points
    from card_ranks
    group by member_id
),

members as (
    select member_id from balances
    union distinct
    select member_id from listings
),

final as (
    select
        members.member_id,
        cast(listings.card_tier as string) as card_tier,
        cast(listings.tier_date as date) as tier_date,
        cast(coalesce(listings.card_count, 0) as bigint) as card_count,
        cast(coalesce(balances.earned_points, 0) as decimal(18, 2)) as earned_points,
        cast(coalesce(balances.spent_points, 0) as decimal(18, 2)) as spent_points,
        cast(coalesce(balances.expired_points, 0) as decimal(18, 2)) as expired_points,
        cast(coalesce(balances.reversed_points, 0) as decimal(18, 2)) as reversed_points,
        cast(coalesce(balances.adjusted_points, 0) as decimal(18, 2)) as adjusted_points,
        cast(coalesce(balances.balance_points, 0) as decimal(18, 2)) as balance_points,
        cast(coalesce(balances.entry_count, 0) as bigint) as entry_count,
        balances.first_entry_date,
        balances.last_entry_date,
        cast(coalesce(unreversed.unreversed_refund_count, 0) as bigint) as unreversed_refund_count,
        cast(listings.listed_points as decimal(18, 2)) as listed_points,
        cast(listings.listed_points - coalesce(balances.balance_points, 0) as decimal(18, 2)) as unexplained_points
    from members
    left join balances on members.member_id = balances.member_id
    left join listings on members.member_id = listings.member_id
    left join unreversed on members.member_id = unreversed.member_id
)

select * from final
