with

expected_days as (
    select * from {{ ref('int_store_days__expected') }}
),

order_days as (
    select
        store_id,
        business_date,
        sum(case when is_purchase then 1 else 0 end) as order_count
    from {{ ref('int_orders__aggregated') }}
    group by store_id, business_date
),

traffic_days as (
    select
        store_id,
        business_date,
        sum(visitor_count) as visitor_count
    from {{ ref('int_store_counts__listed') }}
    where not is_ambiguous
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
    union distinct
    select
        store_id,
        business_date
    from traffic_days
),

joined as (
    select
        store_days.store_id,
        store_days.business_date,
        coalesce(expected_days.expected_file_count, 0) as expected_file_count,
        coalesce(expected_days.arrived_file_count, 0) as arrived_file_count,
        coalesce(expected_days.missing_file_count, 0) as missing_file_count,
        coalesce(expected_days.missing_sales_file_count, 0) as missing_sales_file_count,
        coalesce(expected_days.is_sales_day, false) or order_days.store_id is not null as has_sales,
        order_days.order_count,
        traffic_days.visitor_count
    from store_days
    left join expected_days
        on
            store_days.store_id = expected_days.store_id
            and store_days.business_date = expected_days.business_date
    left join order_days
        on
            store_days.store_id = order_days.store_id
            and store_days.business_date = order_days.business_date
    left join traffic_days
        on
            store_days.store_id = traffic_days.store_id
            and store_days.business_date = traffic_days.business_date
),

-- A day without an order is worth 0 where its sales files are in, and unknown where one is missing or none is awaited.
final as (
    select
        store_id,
        business_date,
        expected_file_count,
        arrived_file_count,
        missing_file_count,
        missing_sales_file_count,
        has_sales,
        has_sales and missing_sales_file_count = 0 as is_complete,
        cast(
            coalesce(order_count, case when has_sales and missing_sales_file_count = 0 then 0 end) as bigint
        ) as order_count,
        cast(visitor_count as bigint) as visitor_count
    from joined
)

select * from final
