with

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

tenders as (
    select * from {{ ref('int_tenders__keyed') }}
),

stores as (
    select * from {{ ref('int_stores__listed') }}
),

tendered as (
    select
        order_id,
        min(store_id) as store_id,
        min(business_date) as business_date,
        min(terminal) as terminal,
        min(paid_at) as paid_at,
        min(payment_channel) as first_channel,
        max(payment_channel) as last_channel
    from tenders
    group by order_id
),

-- A receipt stands at its till; where the till list alone names one, at that of the tender.
receipts as (
    select
        orders.order_id,
        orders.store_id,
        orders.business_date,
        coalesce(orders.till, tendered.terminal) as till,
        orders.ordered_at as closed_at,
        tendered.first_channel,
        tendered.last_channel
    from orders
    left join tendered on orders.order_id = tendered.order_id
    where coalesce(orders.till, tendered.terminal) is not null
    union all
    select
        tendered.order_id,
        tendered.store_id,
        tendered.business_date,
        tendered.terminal as till,
        tendered.paid_at as closed_at,
        tendered.first_channel,
        tendered.last_channel
    from tendered
    left join orders on tendered.order_id = orders.order_id
    where orders.order_id is null and tendered.terminal is not null
),

followed as (
    select
        *,
        lag(closed_at) over (
            partition by store_id, till, business_date order by closed_at nulls last, order_id nulls last
        ) as previous_at
    from receipts
),

measured as (
    select
        *,
        {{ epoch_seconds('closed_at') }} - {{ epoch_seconds('previous_at') }} as gap_seconds
    from followed
),

final as (
    select
        measured.order_id,
        measured.store_id,
        measured.till,
        measured.business_date,
        {{ local_hour('measured.closed_at', 'stores.time_zone') }} as local_hour,
        cast(
            case
                when measured.first_channel is null then 'unknown'
                when measured.first_channel <> measured.last_channel then 'several'
                else measured.first_channel
            end as string
        ) as tender,
        measured.closed_at,
        cast(
            case when measured.gap_seconds <= {{ var('checkout').longest_gap_seconds }} then measured.gap_seconds end
            as bigint
        ) as gap_seconds
    from measured
    inner join stores on measured.store_id = stores.store_id
)

select * from final
