with

payments as (
    select * from {{ ref('int_payments__keyed') }}
    where
        origin = 'bill'
        and kind = 'payment'
        and coalesce(merchant_discount_amount, platform_discount_amount) is not null
),

coupons as (
    select
        issuer,
        payment_id_source,
        sum(face_amount) as face_amount
    from {{ ref('stg_bronze__voucher_redemptions') }}
    where
        reported_by = 'issuer'
        and payment_id_source is not null
    group by issuer, payment_id_source
),

told as (
    select
        payments.payment_id,
        cast(
            coalesce(payments.merchant_discount_amount, 0) + coalesce(payments.platform_discount_amount, 0)
            as decimal(18, 2)
        ) as bill_coupon_amount,
        cast(coupons.face_amount as decimal(18, 2)) as file_coupon_amount
    from payments
    inner join coupons
        on
            payments.payment_channel = coupons.issuer
            and payments.payment_id_source = coupons.payment_id_source
),

-- A file is of one batch of coupons, so it may tell less than the bill, but not more.
final as (
    select
        payment_id,
        bill_coupon_amount,
        file_coupon_amount
    from told
    where file_coupon_amount > bill_coupon_amount
)

select * from final
