-- From the first order on, each day belongs to one profile of the member: none overlap, none leave a gap.
with

profiles as (
    select
        *,
        row_number() over (partition by member_id order by valid_from_date nulls last) as period_number,
        lead(valid_from_date) over (partition by member_id order by valid_from_date nulls last) as next_from_date
    from {{ ref('member_profile_history') }}
),

final as (
    select * from profiles
    where
        valid_to_date < valid_from_date
        or valid_to_date is distinct from {{ days_after('next_from_date', -1) }}
        or is_current <> (valid_to_date is null)
        or (period_number = 1 and valid_from_date <> first_order_date)
)

select * from final
