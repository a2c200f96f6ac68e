with

comparison_members as (
    select * from {{ ref('int_comparison_members__assigned') }}
),

comparison_days as (
    select * from {{ ref('int_comparison_days__listed') }}
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

member_days as (
    select
        member_id,
        business_date,
        sum(net_sales_amount) as net_sales_amount
    from orders
    where member_id is not null
    group by member_id, business_date
),

member_sales as (
    select
        comparison_days.subject_type,
        comparison_days.subject_id,
        member_days.member_id,
        cast(sum(member_days.net_sales_amount) as decimal(19, 2)) as net_sales_amount
    from comparison_days
    inner join member_days on comparison_days.business_date = member_days.business_date
    group by comparison_days.subject_type, comparison_days.subject_id, member_days.member_id
),

-- A member without an order in the window counts, and adds 0 to both sums.
final as (
    select
        comparison_members.subject_type,
        comparison_members.subject_id,
        comparison_members.is_targeted,
        cast(count(*) as bigint) as member_count,
        cast(coalesce(sum(member_sales.net_sales_amount), 0) as decimal(18, 2)) as net_sales_amount,
        cast(
            coalesce(sum(member_sales.net_sales_amount * member_sales.net_sales_amount), 0) as decimal(28, 4)
        ) as net_sales_square_sum
    from comparison_members
    left join member_sales
        on
            comparison_members.subject_type = member_sales.subject_type
            and comparison_members.subject_id = member_sales.subject_id
            and comparison_members.member_id = member_sales.member_id
    group by comparison_members.subject_type, comparison_members.subject_id, comparison_members.is_targeted
)

select * from final
