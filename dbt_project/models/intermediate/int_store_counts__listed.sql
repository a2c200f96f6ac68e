with

counts as (
    select * from {{ ref('stg_bronze__store_traffic') }}
),

-- Whether a count without hour or entrance is the total of those that have one, nobody knows.
final as (
    select
        store_id,
        business_date,
        count_id_source,
        local_hour,
        entrance_id_source,
        cast(visitor_count as bigint) as visitor_count,
        cast(leaver_count as bigint) as leaver_count,
        count(local_hour) over (partition by store_id, business_date)
        not in (0, count(*) over (partition by store_id, business_date))
        or count(entrance_id_source) over (partition by store_id, business_date)
        not in (0, count(*) over (partition by store_id, business_date)) as is_ambiguous,
        _file_id as source_file_id,
        _line as source_line
    from counts
)

select * from final
