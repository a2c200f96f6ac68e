with

comparison_members as (
    select * from {{ ref('int_comparison_members__assigned') }}
),

comparison_days as (
    select * from {{ ref('int_comparison_days__listed') }}
),

audience_members as (
    select * from {{ ref('int_audience_members__keyed') }}
    where arm in ('treatment', 'holdout')
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

-- A refund belongs to the day of its sale, where that is known: what was given back was not brought by the campaign.
member_days as (
    select
        member_id,
        coalesce(sale_business_date, business_date) as business_date,
        sum(net_sales_amount) as net_sales_amount,
        min(currency) as first_currency,
        max(currency) as last_currency
    from orders
    where member_id is not null
    group by member_id, coalesce(sale_business_date, business_date)
),

member_sales as (
    select
        comparison_days.subject_type,
        comparison_days.subject_id,
        member_days.member_id,
        cast(coalesce(
            sum(case when not comparison_days.is_before then member_days.net_sales_amount end), 0
        ) as decimal(19, 2)) as net_sales_amount,
        cast(coalesce(
            sum(case when comparison_days.is_before then member_days.net_sales_amount end), 0
        ) as decimal(19, 2)) as before_amount,
        min(member_days.first_currency) as first_currency,
        max(member_days.last_currency) as last_currency
    from comparison_days
    inner join member_days on comparison_days.business_date = member_days.business_date
    group by comparison_days.subject_type, comparison_days.subject_id, member_days.member_id
),

-- Who was drawn, whether or not one finds the person today.
drawn as (
    select
        campaign_id,
        arm = 'treatment' as is_targeted,
        count(distinct exported_member_id) as drawn_member_count
    from audience_members
    group by campaign_id, arm
),

-- A member without an order counts, and adds 0 to every sum.
summed as (
    select
        comparison_members.subject_type,
        comparison_members.subject_id,
        comparison_members.is_targeted,
        cast(count(*) as bigint) as member_count,
        min(member_sales.first_currency) as first_currency,
        max(member_sales.last_currency) as last_currency,
        cast(coalesce(sum(member_sales.net_sales_amount), 0) as decimal(18, 2)) as net_sales_amount,
        cast(
            coalesce(sum(member_sales.net_sales_amount * member_sales.net_sales_amount), 0) as decimal(28, 4)
        ) as net_sales_square_sum,
        cast(coalesce(sum(member_sales.before_amount), 0) as decimal(18, 2)) as before_amount,
        cast(
            coalesce(sum(member_sales.before_amount * member_sales.before_amount), 0) as decimal(28, 4)
        ) as before_square_sum,
        cast(
            coalesce(sum(member_sales.net_sales_amount * member_sales.before_amount), 0) as decimal(28, 4)
        ) as product_sum
    from comparison_members
    left join member_sales
        on
            comparison_members.subject_type = member_sales.subject_type
            and comparison_members.subject_id = member_sales.subject_id
            and comparison_members.member_id = member_sales.member_id
    group by comparison_members.subject_type, comparison_members.subject_id, comparison_members.is_targeted
),

final as (
    select
        summed.*,
        cast(drawn.drawn_member_count as bigint) as drawn_member_count
    from summed
    left join drawn
        on
            summed.subject_type = 'holdout'
            and summed.subject_id = drawn.campaign_id
            and summed.is_targeted = drawn.is_targeted
)

select * from final
