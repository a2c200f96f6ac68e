with

-- The latest list that has a card or an account describes its holder.
holders as (
    select
        coalesce(card_token, account_token) as identifier_token,
        phone_token,
        name_token,
        birth_date_token,
        row_number() over (
            partition by phone_token, coalesce(card_token, account_token)
            order by
                _period_end desc nulls last,
                joined_date desc nulls last,
                _file_id asc nulls last,
                _line asc nulls last
        ) as list_rank
    from {{ ref('stg_bronze__member_list') }}
    where
        phone_token is not null
        and coalesce(card_token, account_token) is not null
        and name_token is not null
        and birth_date_token is not null
),

final as (
    select
        a.phone_token,
        a.identifier_token as a_token,
        b.identifier_token as b_token
    from holders as a
    inner join holders as b
        on
            a.phone_token = b.phone_token
            and a.identifier_token < b.identifier_token
    where
        a.list_rank = 1
        and b.list_rank = 1
        and a.name_token <> b.name_token
        and a.birth_date_token <> b.birth_date_token
)

select * from final
