{{ config(materialized='view') }}

with

numbers as (
    select * from {{ ref('int_order_numbers__assigned') }}
),

line_sums as (
    select * from {{ ref('int_order_lines__summed') }}
),

receipts as (
    select * from {{ ref('stg_bronze__pos_receipts') }}
),

-- A receipt rules the money of its order; what it does not tell is taken from its lines. A void is worth nothing.
ruled as (
    select
        numbers.*,
        case
            when numbers.told_kind <> 'void' and line_sums.return_count between 1 and line_sums.item_count - 1
                then 'exchange'
            else numbers.told_kind
        end as order_kind,
        coalesce(receipts.ordered_at, line_sums.ordered_at) as ordered_at,
        coalesce(receipts.net_sales_amount, line_sums.net_sales_amount) as net_sales_amount,
        coalesce(
            case when numbers.told_kind = 'void' then 0 end,
            receipts.discount_amount,
            receipts.gross_amount - receipts.net_sales_amount,
            line_sums.discount_amount,
            0
        ) as discount_amount,
        case when numbers.told_kind = 'void' then 0 else coalesce(line_sums.loyalty_discount_amount, 0) end
            as loyalty_discount_amount,
        case when numbers.told_kind = 'void' then 0 else coalesce(line_sums.coupon_match_amount, 0) end
            as coupon_match_amount,
        coalesce(line_sums.coupon_amount, 0) as coupon_amount,
        coalesce(line_sums.net_sales_amount, 0) as itemised_amount,
        coalesce(line_sums.returned_amount, 0) + coalesce(receipts.refunded_amount, 0) as returned_amount,
        receipts.tip_amount,
        receipts.tax_amount,
        receipts.cost_amount,
        coalesce(receipts.currency, line_sums.currency) as currency,
        coalesce(receipts.channel, line_sums.channel, 'store') as channel,
        receipts.till,
        coalesce(line_sums.item_count, 0) as item_count,
        coalesce(line_sums.card_count, 0) as card_count,
        line_sums.first_line_date,
        line_sums.last_line_date,
        receipts._file_id as source_file_id,
        receipts._line as source_line
    from numbers
    left join line_sums on numbers.order_id = line_sums.order_id and numbers.business_date = line_sums.business_date
    left join receipts
        on
            numbers.store_id = receipts.store_id
            and numbers.order_id_source = receipts.order_id_source
            and numbers.business_date = receipts.business_date
            and numbers.told_kind = receipts.kind
),

final as (
    select
        order_id,
        store_id,
        order_id_source,
        business_date,
        told_kind,
        cast(order_kind as string) as order_kind,
        order_kind in ('sale', 'exchange') as is_purchase,
        refunded_order_id,
        sale_business_date,
        ordered_at,
        card_token,
        phone_token,
        account_token,
        card_count,
        cast(net_sales_amount + discount_amount as decimal(18, 2)) as gross_amount,
        cast(discount_amount as decimal(18, 2)) as discount_amount,
        cast(loyalty_discount_amount as decimal(18, 2)) as loyalty_discount_amount,
        cast(coupon_match_amount as decimal(18, 2)) as coupon_match_amount,
        cast(discount_amount - loyalty_discount_amount - coupon_match_amount as decimal(18, 2))
            as store_discount_amount,
        cast(coupon_amount as decimal(18, 2)) as coupon_amount,
        cast(net_sales_amount as decimal(18, 2)) as net_sales_amount,
        cast(net_sales_amount - itemised_amount as decimal(18, 2)) as unitemised_amount,
        cast(
            case order_kind when 'refund' then -net_sales_amount when 'void' then 0 else returned_amount end
            as decimal(18, 2)
        ) as refund_amount,
        tip_amount,
        tax_amount,
        cast(null as decimal(18, 2)) as rounding_amount,
        cost_amount,
        cast(net_sales_amount - cost_amount as decimal(18, 2)) as margin_amount,
        currency,
        channel,
        till,
        item_count,
        first_line_date,
        last_line_date,
        source_file_id,
        source_line
    from ruled
)

select * from final
