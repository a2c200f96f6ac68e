with

members as (
    select * from {{ ref('members') }}
    where cohort_month is not null
),

orders as (
    select * from {{ ref('orders') }}
),

months as (
    select distinct cast(date_trunc('month', business_date) as date) as order_month from orders
),

cohort_sizes as (
    select
        cohort_month,
        count(*) as member_count
    from members
    group by cohort_month
),

-- A refund without a known order before it counts in the month of the first order.
activity as (
    select
        members.cohort_month,
        greatest(cast(date_trunc('month', orders.business_date) as date), members.cohort_month) as order_month,
        count(distinct case when orders.is_purchase then orders.member_id end) as active_member_count,
        sum(case when orders.is_purchase then 1 else 0 end) as order_count,
        sum(orders.net_sales_amount) as net_sales_amount
    from orders
    inner join members on orders.member_id = members.member_id
    group by
        members.cohort_month,
        greatest(cast(date_trunc('month', orders.business_date) as date), members.cohort_month)
),

-- A member repeats with the first order on a later day than that of the first order.
second_days as (
    select
        orders.member_id,
        members.cohort_month,
        min(orders.business_date) as second_order_date
    from orders
    inner join members on orders.member_id = members.member_id
    where orders.is_purchase and orders.business_date > members.first_order_date
    group by orders.member_id, members.cohort_month
),

repeats as (
    select
        cohort_month,
        cast(date_trunc('month', second_order_date) as date) as order_month,
        count(*) as repeat_member_count
    from second_days
    group by cohort_month, cast(date_trunc('month', second_order_date) as date)
),

measured as (
    select
        cohort_sizes.cohort_month,
        months.order_month,
        cohort_sizes.member_count,
        coalesce(activity.active_member_count, 0) as active_member_count,
        coalesce(activity.order_count, 0) as order_count,
        coalesce(activity.net_sales_amount, 0) as net_sales_amount,
        sum(coalesce(repeats.repeat_member_count, 0)) over (
            partition by cohort_sizes.cohort_month order by months.order_month nulls last
            rows between unbounded preceding and current row
        ) as repeat_member_count,
        sum(coalesce(activity.net_sales_amount, 0)) over (
            partition by cohort_sizes.cohort_month order by months.order_month nulls last
            rows between unbounded preceding and current row
        ) as cumulative_net_sales_amount
    from cohort_sizes
    inner join months on cohort_sizes.cohort_month <= months.order_month
    left join activity
        on
            cohort_sizes.cohort_month = activity.cohort_month
            and months.order_month = activity.order_month
    left join repeats
        on
            cohort_sizes.cohort_month = repeats.cohort_month
            and months.order_month = repeats.order_month
),

final as (
    select
        cohort_month,
        {{ months_between('cohort_month', 'order_month') }} as months_since,
        cast(member_count as bigint) as member_count,
        cast(active_member_count as bigint) as active_member_count,
        cast(order_count as bigint) as order_count,
        cast(net_sales_amount as decimal(18, 2)) as net_sales_amount,
        cast({{ exact_ratio('active_member_count', 'member_count', 4) }} as decimal(9, 4)) as retention_rate,
        cast(repeat_member_count as bigint) as repeat_member_count,
        cast({{ exact_ratio('repeat_member_count', 'member_count', 4) }} as decimal(9, 4)) as repeat_rate,
        cast({{ exact_ratio('net_sales_amount', 'member_count', 2) }} as decimal(18, 2))
            as net_sales_per_member_amount,
        cast({{ exact_ratio('cumulative_net_sales_amount', 'member_count', 2) }} as decimal(18, 2))
            as cumulative_net_sales_per_member_amount
    from measured
)

select * from final
