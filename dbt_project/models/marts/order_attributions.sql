with

order_credits as (
    select * from {{ ref('int_order_credits__assigned') }}
),

-- Millionths of a credit and cents of an order are split as whole numbers, so that both add up exactly.
shares as (
    select
        *,
        {{ share_between('1000000', 'share_from', 'share_to') }} as credit_millionths,
        {{ share_between('cast(order_net_sales_amount * 100 as bigint)', 'share_from', 'share_to') }} as cents,
        {{ share_between('cast(order_margin_amount * 100 as bigint)', 'share_from', 'share_to') }} as margin_cents
    from order_credits
),

final as (
    select
        order_id,
        campaign_id,
        touch_id,
        method,
        cast(cast(credit_millionths as decimal(12, 0)) * 0.000001 as decimal(18, 6)) as credit,
        cast(cast(cents as decimal(18, 0)) * 0.01 as decimal(18, 2)) as attributed_net_sales_amount,
        cast(cast(margin_cents as decimal(18, 0)) * 0.01 as decimal(18, 2)) as attributed_margin_amount
    from shares
)

select * from final
