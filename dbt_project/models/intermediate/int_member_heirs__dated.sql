with recursive

changes as (
    select * from {{ ref('int_member_changes__dated') }}
),

as_of as (
    select max(business_date) as as_of_date from {{ ref('int_orders__aggregated') }}
),

-- Members that ended once, in another. What a split or a veto has touched is told as it is known today.
endings as (
    select
        changes.member_id,
        min(changes.new_member_id) as new_member_id,
        least(coalesce(min(changes.event_date), date '1900-01-01'), min(as_of.as_of_date)) as event_date
    from changes
    cross join as_of
    group by changes.member_id
    having count(*) = 1 and min(changes.event) in ('merge', 'link')
),

-- Whose the orders of such a member were, one after the other.
heirs as (
    select
        member_id as own_member_id,
        member_id,
        date '1900-01-01' as known_from_date,
        0 as heir_number
    from endings

    union all

    select
        heirs.own_member_id,
        endings.new_member_id as member_id,
        endings.event_date as known_from_date,
        heirs.heir_number + 1 as heir_number
    from heirs
    inner join endings on heirs.member_id = endings.member_id
),

final as (
    select
        own_member_id,
        member_id,
        known_from_date,
        {{ days_after(
            'lead(known_from_date) over (partition by own_member_id order by heir_number nulls last)', -1
        ) }} as known_to_date,
        heir_number = max(heir_number) over (partition by own_member_id) as is_last
    from heirs
)

select * from final
