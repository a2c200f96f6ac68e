with

payments as (
    select * from {{ ref('int_payments__keyed') }}
),

orders as (
    select * from {{ ref('orders') }}
),

final as (
    select
        payments.payment_id,
        orders.order_id,
        payments.store_id,
        payments.payment_channel,
        payments.payment_id_source,
        payments.paid_at,
        payments.business_date,
        payments.kind,
        payments.amount,
        payments.fee_amount,
        payments.currency,
        payments.payer_token as payer_identifier,
        payments.source_file_id,
        payments.source_line
    from payments
    left join orders on payments.order_id = orders.order_id
)

select * from final
