with

orders as (
    select * from {{ ref('orders') }}
),

stores as (
    select * from {{ ref('stores') }}
),

expected_days as (
    select * from {{ ref('int_store_days__expected') }}
),

order_days as (
    select
        store_id,
        business_date,
        sum(case when is_purchase then 1 else 0 end) as order_count,
        sum(case when is_purchase then item_count else 0 end) as item_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(net_sales_amount) as net_sales_amount,
        sum(refund_amount) as refund_amount,
        sum(case when member_id is not null then net_sales_amount else 0 end) as identified_net_sales_amount,
        sum(case when member_basis <> 'payer' then net_sales_amount else 0 end) as card_identified_net_sales_amount,
        count(distinct case when is_first_order then member_id end) as new_member_count,
        count(distinct case when is_purchase then member_id end) as member_count,
        -- One order whose cost is unknown leaves the margin of the day unknown.
        case
            when count(margin_amount) = count(case when order_kind <> 'void' then 1 end) then sum(margin_amount)
        end as margin_amount
    from orders
    group by store_id, business_date
),

store_days as (
    select
        store_id,
        business_date
    from expected_days
    where is_sales_day
    union distinct
    select
        store_id,
        business_date
    from order_days
),

-- A day without an order is worth 0 where its sales files are in, and unknown where one is missing.
measured as (
    select
        store_days.store_id,
        store_days.business_date,
        order_days.order_count,
        order_days.item_count,
        order_days.gross_amount,
        order_days.discount_amount,
        order_days.net_sales_amount,
        order_days.refund_amount,
        order_days.identified_net_sales_amount,
        order_days.card_identified_net_sales_amount,
        order_days.margin_amount,
        order_days.new_member_count,
        order_days.member_count - order_days.new_member_count as returning_member_count,
        coalesce(expected_days.expected_file_count, 0) as expected_file_count,
        coalesce(expected_days.arrived_file_count, 0) as arrived_file_count,
        coalesce(expected_days.missing_file_count, 0) as missing_file_count,
        coalesce(expected_days.missing_sales_file_count, 0) as missing_sales_file_count,
        case when coalesce(expected_days.missing_sales_file_count, 0) = 0 then 0 end as no_sales
    from store_days
    left join order_days
        on
            store_days.store_id = order_days.store_id
            and store_days.business_date = order_days.business_date
    left join expected_days
        on
            store_days.store_id = expected_days.store_id
            and store_days.business_date = expected_days.business_date
),

final as (
    select
        measured.store_id,
        measured.business_date,
        cast(coalesce(measured.order_count, measured.no_sales) as bigint) as order_count,
        cast(coalesce(measured.item_count, measured.no_sales) as bigint) as item_count,
        cast(coalesce(measured.gross_amount, measured.no_sales) as decimal(18, 2)) as gross_amount,
        cast(coalesce(measured.discount_amount, measured.no_sales) as decimal(18, 2)) as discount_amount,
        cast(coalesce(measured.net_sales_amount, measured.no_sales) as decimal(18, 2)) as net_sales_amount,
        cast(coalesce(measured.refund_amount, measured.no_sales) as decimal(18, 2)) as refund_amount,
        cast(measured.margin_amount as decimal(18, 2)) as margin_amount,
        cast(coalesce(measured.identified_net_sales_amount, measured.no_sales) as decimal(18, 2))
            as identified_net_sales_amount,
        cast({{ exact_ratio('measured.identified_net_sales_amount', 'measured.net_sales_amount', 4) }} as decimal(9, 4))
            as identified_rate,
        cast(coalesce(measured.new_member_count, measured.no_sales) as bigint) as new_member_count,
        cast(coalesce(measured.returning_member_count, measured.no_sales) as bigint) as returning_member_count,
        measured.expected_file_count,
        measured.missing_file_count,
        measured.missing_sales_file_count = 0 as is_complete,
        stores.currency,
        measured.arrived_file_count,
        measured.missing_sales_file_count,
        cast(coalesce(measured.card_identified_net_sales_amount, measured.no_sales) as decimal(18, 2))
            as card_identified_net_sales_amount,
        cast(
            {{ exact_ratio('measured.card_identified_net_sales_amount', 'measured.net_sales_amount', 4) }}
            as decimal(9, 4)
        ) as card_identified_rate
    from measured
    left join stores on measured.store_id = stores.store_id
)

select * from final
