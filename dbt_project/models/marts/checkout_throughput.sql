with

checkouts as (
    select * from {{ ref('int_checkouts__timed') }}
),

till_hours as (
    select
        store_id,
        till,
        business_date,
        local_hour,
        count(*) as receipt_count,
        sum(case when tender in ('wechat', 'alipay') then 1 else 0 end) as mobile_count,
        sum(case when tender <> 'unknown' then 1 else 0 end) as told_count
    from checkouts
    group by store_id, till, business_date, local_hour
),

store_hours as (
    select
        store_id,
        business_date,
        local_hour,
        row_number() over (
            partition by store_id, business_date order by sum(receipt_count) desc nulls last, local_hour nulls last
        ) as hour_rank
    from till_hours
    group by store_id, business_date, local_hour
),

measured as (
    select
        store_id,
        till,
        business_date,
        local_hour,
        tender,
        count(*) as receipt_count,
        count(gap_seconds) as gap_count,
        sum(gap_seconds) as gap_seconds,
        percentile_disc(0.5) within group (order by gap_seconds) as median_gap_seconds,
        percentile_disc(0.9) within group (order by gap_seconds) as p90_gap_seconds
    from checkouts
    group by store_id, till, business_date, local_hour, tender
),

final as (
    select
        measured.store_id,
        measured.till,
        measured.business_date,
        measured.local_hour,
        measured.tender,
        cast(measured.receipt_count as bigint) as receipt_count,
        cast(till_hours.receipt_count as bigint) as till_hour_receipt_count,
        cast({{ exact_ratio('till_hours.mobile_count', 'till_hours.told_count', 4) }} as decimal(9, 4)) as mobile_rate,
        store_hours.hour_rank = 1 as is_peak,
        cast(measured.gap_count as bigint) as gap_count,
        cast(coalesce(measured.gap_seconds, 0) as bigint) as gap_seconds,
        cast(measured.median_gap_seconds as bigint) as median_gap_seconds,
        cast(measured.p90_gap_seconds as bigint) as p90_gap_seconds
    from measured
    inner join till_hours
        on
            measured.store_id = till_hours.store_id
            and measured.till = till_hours.till
            and measured.business_date = till_hours.business_date
            and measured.local_hour = till_hours.local_hour
    inner join store_hours
        on
            measured.store_id = store_hours.store_id
            and measured.business_date = store_hours.business_date
            and measured.local_hour = store_hours.local_hour
)

select * from final
