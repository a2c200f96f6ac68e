with

points_entries as (
    select * from {{ ref('stg_bronze__points_entries') }}
),

identifiers as (
    select * from {{ ref('int_identifiers__resolved') }}
    where member_id is not null
),

-- What an adjustment sets right for an order takes back what a refund or a cancellation has undone.
final as (
    select
        points_entries.entry_id_source,
        points_entries.sender_id,
        points_entries.store_id,
        cast(points_entries.store_id || '-' || points_entries.order_id_source as string) as order_id,
        cast(identifiers.member_id as string) as member_id,
        cast(case
            when points_entries.kind = 'adjust' and points_entries.order_id_source is not null then 'reverse'
            else points_entries.kind
        end as string) as kind,
        points_entries.points,
        points_entries.posted_at,
        points_entries.business_date,
        points_entries._file_id as source_file_id,
        points_entries._line as source_line
    from points_entries
    left join identifiers
        on {{ names_on('identifiers', 'points_entries.card_token', 'points_entries.business_date') }}
)

select * from final
