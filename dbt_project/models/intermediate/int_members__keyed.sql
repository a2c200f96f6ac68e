with

cardholders as (
    select * from {{ ref('stg_bronze__cardholders') }}
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

touches as (
    select * from {{ ref('int_touches__keyed') }}
),

redemptions as (
    select * from {{ ref('int_redemptions__keyed') }}
),

-- A card may stand in the lists of several stores: the latest list describes its holder.
listed as (
    select
        {{ member_id('card_token') }} as member_id,
        age_band,
        income_band,
        household_size,
        row_number() over (
            partition by {{ member_id('card_token') }}
            order by
                _period_end desc nulls last,
                _period_start desc nulls last,
                store_id asc nulls last,
                _file_id asc nulls last,
                _line asc nulls last
        ) as list_rank
    from cardholders
),

seen as (
    select member_id from listed
    union distinct
    select member_id from orders
    where member_id is not null
    union distinct
    select member_id from touches
    union distinct
    select member_id from redemptions
),

final as (
    select
        cast(seen.member_id as string) as member_id,
        listed.member_id is not null as is_registered,
        listed.age_band,
        listed.income_band,
        listed.household_size
    from seen
    left join listed
        on
            seen.member_id = listed.member_id
            and listed.list_rank = 1
)

select * from final
