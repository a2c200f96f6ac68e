with

stores as (
    select * from {{ ref('int_stores__listed') }}
),

expected_files as (
    select * from {{ ref('stg_lake__expected_files') }}
),

sales_files as (
    select
        expected_files.store_id,
        expected_files.period_start,
        expected_files.period_end,
        expected_files.status
    from expected_files
    inner join stores
        on
            expected_files.store_id = stores.store_id
            and expected_files.source = stores.sales_source
),

final as (
    select
        sales_files.store_id,
        days.day as business_date,
        cast(count(*) as int) as expected_file_count,
        cast(sum(case when sales_files.status = 'missing' then 1 else 0 end) as int) as missing_file_count
    from sales_files
    {{ each_day('sales_files.period_start', 'sales_files.period_end') }}
    group by sales_files.store_id, days.day
)

select * from final
