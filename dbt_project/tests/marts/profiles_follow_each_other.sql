-- From the first order on, each day belongs to one profile of the member: none overlap, none leave a gap.
with

profiles as (
    select
        *,
        row_number() over (partition by member_id order by valid_from_date nulls last) as period_number,
        lead(valid_from_date) over (partition by member_id order by valid_from_date nulls last) as next_from_date
    from {{ ref('member_profile_history') }}
),

-- The last profile of a member that ended in another one has an end.
ended as (
    select distinct own_member_id as member_id from {{ ref('int_member_heirs__dated') }}
),

final as (
    select profiles.* from profiles
    left join ended on profiles.member_id = ended.member_id
    where
        valid_to_date < valid_from_date
        or (next_from_date is not null and valid_to_date is distinct from {{ days_after('next_from_date', -1) }})
        or (next_from_date is null and (valid_to_date is null) = (ended.member_id is not null))
        or is_current <> (valid_to_date is null)
        or (period_number = 1 and valid_from_date <> first_order_date)
)

select * from final
