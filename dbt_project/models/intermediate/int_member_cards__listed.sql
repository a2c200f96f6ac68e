with

member_list as (
    select * from {{ ref('stg_bronze__member_list') }}
    where card_token is not null
),

identifiers as (
    select * from {{ ref('int_identifiers__resolved') }}
    where member_id is not null
),

-- A card may stand in the lists of several stores: the latest one tells its tier and points, if possible one in which
-- the card is not closed.
ranked as (
    select
        *,
        row_number() over (
            partition by card_token
            order by
                case when status = 'closed' then 1 else 0 end asc nulls last,
                _period_end desc nulls last,
                _period_start desc nulls last,
                store_id asc nulls last,
                _file_id asc nulls last,
                _line asc nulls last
        ) as list_rank
    from member_list
),

final as (
    select
        ranked.card_token,
        cast(identifiers.member_id as string) as member_id,
        ranked.card_tier,
        ranked.points,
        coalesce(ranked.status = 'closed', false) as is_closed,
        ranked.joined_date,
        ranked._period_end as listed_date,
        ranked._file_id as source_file_id,
        ranked._line as source_line
    from ranked
    left join identifiers on {{ names_on('identifiers', 'ranked.card_token', 'ranked._period_end') }}
    where ranked.list_rank = 1
)

select * from final
