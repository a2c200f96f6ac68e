with

orders as (
    select * from {{ ref('int_orders__aggregated') }}
    where member_id is not null and is_purchase
),

stores as (
    select * from {{ ref('int_stores__listed') }}
),

store_ranks as (
    select
        member_id,
        store_id,
        count(*) as order_count,
        row_number() over (
            partition by member_id
            order by count(*) desc nulls last, sum(net_sales_amount) desc nulls last, store_id asc nulls last
        ) as habit_rank
    from orders
    group by member_id, store_id
),

favourite_stores as (
    select
        member_id,
        max(case when habit_rank = 1 then store_id end) as favourite_store_id,
        max(case when habit_rank = 2 then store_id end) as second_store_id,
        max(case when habit_rank = 1 then order_count end) as favourite_store_order_count,
        sum(order_count) as order_count,
        count(*) as store_count
    from store_ranks
    group by member_id
),

moments as (
    select
        orders.member_id,
        {{ local_hour('orders.ordered_at', 'stores.time_zone') }} as order_hour,
        {{ iso_weekday('orders.business_date') }} as order_weekday
    from orders
    inner join stores on orders.store_id = stores.store_id
),

hour_ranks as (
    select
        member_id,
        order_hour,
        row_number() over (
            partition by member_id
            order by count(*) desc nulls last, order_hour asc nulls last
        ) as habit_rank
    from moments
    group by member_id, order_hour
),

weekday_ranks as (
    select
        member_id,
        order_weekday,
        row_number() over (
            partition by member_id
            order by count(*) desc nulls last, order_weekday asc nulls last
        ) as habit_rank
    from moments
    group by member_id, order_weekday
),

final as (
    select
        favourite_stores.member_id,
        favourite_stores.favourite_store_id,
        cast(
            {{ exact_ratio('favourite_stores.favourite_store_order_count', 'favourite_stores.order_count') }}
            as decimal(9, 4)
        ) as favourite_store_rate,
        favourite_stores.second_store_id,
        cast(favourite_stores.store_count as bigint) as store_count,
        hour_ranks.order_hour as favourite_hour,
        weekday_ranks.order_weekday as favourite_weekday
    from favourite_stores
    left join hour_ranks
        on
            favourite_stores.member_id = hour_ranks.member_id
            and hour_ranks.habit_rank = 1
    left join weekday_ranks
        on
            favourite_stores.member_id = weekday_ranks.member_id
            and weekday_ranks.habit_rank = 1
)

select * from final
