with

final as (
    select
        store_id,
        business_date,
        count_id_source,
        local_hour,
        entrance_id_source,
        visitor_count,
        leaver_count,
        is_ambiguous,
        source_file_id,
        source_line
    from {{ ref('int_store_counts__listed') }}
)

select * from final
