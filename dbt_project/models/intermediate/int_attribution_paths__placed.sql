with

orders as (
    select * from {{ ref('int_orders__aggregated') }}
    where is_purchase and member_id is not null
),

touches as (
    select
        *,
        {{ last_counting_date() }} as last_date
    from {{ ref('int_touches__keyed') }}
    where {{ may_count() }}
),

-- A target is known by its day alone, any other touch by its time, too: it has to lie before the order.
preceding as (
    select
        orders.order_id,
        orders.net_sales_amount,
        orders.margin_amount,
        touches.touch_id,
        touches.campaign_id,
        touches.touched_date,
        {{ time_of_touch('touches') }} as touched_at,
        {{ days_between('touches.touched_date', 'orders.business_date') }} as age_days
    from orders
    inner join touches
        on
            orders.member_id = touches.member_id
            and orders.business_date >= touches.touched_date
            and orders.business_date <= touches.last_date
            and coalesce(touches.kind = 'target' or orders.ordered_at >= touches.touched_at, true)
),

marked as (
    select
        *,
        {{ stays_on_path('order_id') }} as is_on_path,
        {{ decay_weight('age_days') }} as decay_weight
    from preceding
),

counted as (
    select
        order_id,
        net_sales_amount,
        margin_amount,
        touch_id,
        campaign_id,
        age_days,
        is_on_path,
        decay_weight,
        count(case when is_on_path then 1 end) {{ along_path('order_id', 'current row') }} as path_position,
        count(case when is_on_path then 1 end) {{ along_path('order_id') }} as path_length,
        sum(case when is_on_path then decay_weight end) {{ along_path('order_id', 'current row') }} as decay_to,
        sum(case when is_on_path then decay_weight end) {{ along_path('order_id') }} as decay_total
    from marked
),

final as (
    select
        order_id,
        touch_id,
        campaign_id,
        cast(age_days as int) as age_days,
        case when is_on_path then cast(path_position as int) end as path_position,
        cast(path_length as int) as path_length,
        case when is_on_path then cast(decay_to - decay_weight as bigint) end as decay_from,
        case when is_on_path then cast(decay_to as bigint) end as decay_to,
        cast(decay_total as bigint) as decay_total,
        net_sales_amount,
        margin_amount
    from counted
)

select * from final
