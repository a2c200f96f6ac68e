with

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

redemptions as (
    select * from {{ ref('int_redemptions__matched') }}
),

touches as (
    select * from {{ ref('int_touches__keyed') }}
),

coupon_coded as (
    select
        order_id,
        campaign_id,
        min(redemption_id) as touch_id
    from redemptions
    where order_id is not null
    group by order_id, campaign_id
),

ranked_touches as (
    select
        orders.order_id,
        touches.campaign_id,
        touches.touch_id,
        row_number() over (
            partition by orders.order_id
            order by touches.touched_date desc nulls last, touches.campaign_id asc nulls last
        ) as touch_rank
    from orders
    inner join touches
        on
            orders.is_purchase
            and orders.member_id = touches.member_id
            and orders.business_date >= touches.touched_date
            and orders.business_date <= touches.end_date
            and touches.status is distinct from 'failed'
),

credited as (
    select
        order_id,
        campaign_id,
        touch_id,
        'coupon_coded' as method
    from coupon_coded

    union all

    select
        order_id,
        campaign_id,
        touch_id,
        'last_touch' as method
    from ranked_touches
    where touch_rank = 1
),

-- A refund takes from whom its sale is credited, whenever it comes; one whose sale is not known takes from nobody.
passed_on as (
    select
        order_id,
        campaign_id,
        touch_id,
        method
    from credited

    union all

    select
        refunds.order_id,
        credited.campaign_id,
        credited.touch_id,
        credited.method
    from credited
    inner join orders as refunds on credited.order_id = refunds.refunded_order_id
),

final as (
    select
        credited.order_id,
        credited.campaign_id,
        credited.touch_id,
        credited.method,
        orders.net_sales_amount as order_net_sales_amount,
        cast(count(*) over (partition by credited.order_id, credited.method) as int) as campaign_count,
        cast(row_number() over (
            partition by credited.order_id, credited.method
            order by credited.campaign_id nulls last
        ) as int) as campaign_position
    from passed_on as credited
    inner join orders on credited.order_id = orders.order_id
)

select * from final
