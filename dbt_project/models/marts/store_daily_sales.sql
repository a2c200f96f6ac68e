with

orders as (
    select * from {{ ref('orders') }}
),

stores as (
    select * from {{ ref('stores') }}
),

store_days as (
    select
        *,
        case when is_complete then 0 end as no_sales
    from {{ ref('int_store_days__counted') }}
    where has_sales
),

order_days as (
    select
        store_id,
        business_date,
        sum(case when is_purchase then item_count else 0 end) as item_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(net_sales_amount) as net_sales_amount,
        sum(refund_amount) as refund_amount,
        sum(case when member_id is not null then net_sales_amount else 0 end) as identified_net_sales_amount,
        sum(case when member_basis <> 'payer' then net_sales_amount else 0 end) as card_identified_net_sales_amount,
        count(distinct case when is_first_order then member_id end) as new_member_count,
        count(distinct case when is_purchase then member_id end)
        - count(distinct case when is_first_order then member_id end) as returning_member_count,
        -- One order whose cost is unknown leaves the margin of the day unknown.
        case
            when count(margin_amount) = count(case when order_kind <> 'void' then 1 end) then sum(margin_amount)
        end as margin_amount
    from orders
    group by store_id, business_date
),

final as (
    select
        store_days.store_id,
        store_days.business_date,
        store_days.order_count,
        cast(coalesce(order_days.item_count, store_days.no_sales) as bigint) as item_count,
        cast(coalesce(order_days.gross_amount, store_days.no_sales) as decimal(18, 2)) as gross_amount,
        cast(coalesce(order_days.discount_amount, store_days.no_sales) as decimal(18, 2)) as discount_amount,
        cast(coalesce(order_days.net_sales_amount, store_days.no_sales) as decimal(18, 2)) as net_sales_amount,
        cast(coalesce(order_days.refund_amount, store_days.no_sales) as decimal(18, 2)) as refund_amount,
        cast(order_days.margin_amount as decimal(18, 2)) as margin_amount,
        cast(coalesce(order_days.identified_net_sales_amount, store_days.no_sales) as decimal(18, 2))
            as identified_net_sales_amount,
        cast(
            {{ exact_ratio('order_days.identified_net_sales_amount', 'order_days.net_sales_amount', 4) }}
            as decimal(9, 4)
        ) as identified_rate,
        cast(coalesce(order_days.new_member_count, store_days.no_sales) as bigint) as new_member_count,
        cast(coalesce(order_days.returning_member_count, store_days.no_sales) as bigint) as returning_member_count,
        store_days.expected_file_count,
        store_days.missing_file_count,
        store_days.is_complete,
        stores.currency,
        store_days.arrived_file_count,
        store_days.missing_sales_file_count,
        cast(coalesce(order_days.card_identified_net_sales_amount, store_days.no_sales) as decimal(18, 2))
            as card_identified_net_sales_amount,
        cast(
            {{ exact_ratio('order_days.card_identified_net_sales_amount', 'order_days.net_sales_amount', 4) }}
            as decimal(9, 4)
        ) as card_identified_rate,
        store_days.visitor_count,
        cast(
            {{ exact_ratio(
                'case when store_days.is_complete then store_days.order_count end', 'store_days.visitor_count', 4
            ) }} as decimal(9, 4)
        ) as conversion_rate
    from store_days
    left join order_days
        on
            store_days.store_id = order_days.store_id
            and store_days.business_date = order_days.business_date
    left join stores on store_days.store_id = stores.store_id
)

select * from final
