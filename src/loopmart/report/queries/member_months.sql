-- One row per month of the last two years: members who bought for the first time, and members who came back.
with
orders as (select * from marts.orders where member_id is not null and is_purchase),
periods as (select * from periods),
months as (
    select
        date_trunc('month', business_date)::date as month,
        count(distinct member_id)::bigint as member_count,
        count(distinct member_id) filter (is_first_order)::bigint as new_member_count,
    from orders
    group by 1
),
final as (
    select
        months.*,
        member_count - new_member_count as returning_member_count,
        month = date_trunc('month', as_of_date) and as_of_date <> last_day(as_of_date) as is_open,
    from months
    cross join periods
    where month > as_of_date - interval 24 months
    order by month
)
select * from final
