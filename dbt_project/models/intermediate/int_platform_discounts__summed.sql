with

payments as (
    select * from {{ ref('stg_bronze__payments') }}
    where platform_discount_amount <> 0
),

numbers as (
    select * from {{ ref('int_order_numbers__assigned') }}
),

first_refunds as (
    select
        refunded_order_id,
        min_by(order_id, business_date) as order_id
    from numbers
    where refunded_order_id is not null
    group by refunded_order_id
),

billed as (
    select
        cast(store_id || '-' || order_id_source as string) as sale_order_id,
        kind = 'refund' as is_refund,
        sum(platform_discount_amount) as platform_discount_amount
    from payments
    group by store_id, order_id_source, kind = 'refund'
),

final as (
    select
        numbers.order_id,
        cast(billed.platform_discount_amount as decimal(18, 2)) as platform_discount_amount
    from billed
    left join first_refunds on billed.sale_order_id = first_refunds.refunded_order_id and billed.is_refund
    inner join numbers
        on numbers.order_id = case when billed.is_refund then first_refunds.order_id else billed.sale_order_id end
    where billed.is_refund = (numbers.told_kind = 'refund')
)

select * from final
