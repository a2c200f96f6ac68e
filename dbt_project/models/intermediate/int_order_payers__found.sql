with

payments as (
    select * from {{ ref('int_payments__keyed') }}
    where
        kind = 'payment'
        and order_id is not null
        and payer_token is not null
),

paid as (
    select
        order_id,
        payer_type,
        payer_issuer,
        payer_token,
        sum(amount) as paid_amount,
        min(paid_at) as first_paid_at
    from payments
    group by order_id, payer_type, payer_issuer, payer_token
),

ranked as (
    select
        *,
        row_number() over (
            partition by order_id
            order by paid_amount desc nulls last, first_paid_at asc nulls last, payer_token asc nulls last
        ) as payer_rank,
        count(*) over (partition by order_id) as payer_count
    from paid
),

final as (
    select
        order_id,
        payer_type,
        payer_issuer,
        payer_token,
        cast(payer_count as int) as payer_count
    from ranked
    where payer_rank = 1
)

select * from final
