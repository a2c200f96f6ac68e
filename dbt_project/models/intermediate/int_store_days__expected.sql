with

expected_files as (
    select * from {{ ref('stg_lake__expected_files') }}
),

final as (
    select
        expected_files.store_id,
        days.day as business_date,
        cast(sum(case when expected_files.status <> 'closed' then 1 else 0 end) as int) as expected_file_count,
        cast(sum(case when expected_files.status = 'arrived' then 1 else 0 end) as int) as arrived_file_count,
        cast(sum(case when expected_files.status = 'missing' then 1 else 0 end) as int) as missing_file_count,
        cast(sum(case when expected_files.status = 'missing' and expected_files.is_sales then 1 else 0 end) as int)
            as missing_sales_file_count,
        max(case when expected_files.is_sales then 1 else 0 end) = 1 as is_sales_day
    from expected_files
    {{ each_day('expected_files.period_start', 'expected_files.period_end') }}
    group by expected_files.store_id, days.day
)

select * from final
