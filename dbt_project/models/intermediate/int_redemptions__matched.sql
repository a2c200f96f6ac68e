with

redemptions as (
    select * from {{ ref('int_redemptions__keyed') }}
),

coupons as (
    select * from {{ ref('stg_bronze__coupons') }}
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
    where is_purchase
),

order_lines as (
    select * from {{ ref('int_order_lines__keyed') }}
),

candidates as (
    select
        redemptions.redemption_id,
        redemptions.coupon_upc,
        redemptions.campaign_id,
        orders.order_id,
        orders.ordered_at
    from redemptions
    inner join orders
        on
            redemptions.member_id = orders.member_id
            and redemptions.redemption_date = orders.business_date
),

candidate_lines as (
    select
        candidates.redemption_id,
        candidates.coupon_upc,
        candidates.campaign_id,
        candidates.order_id,
        order_lines.product_id,
        order_lines.coupon_amount
    from candidates
    inner join order_lines on candidates.order_id = order_lines.order_id
),

coupon_baskets as (
    select
        candidate_lines.redemption_id,
        candidate_lines.order_id,
        max(case when candidate_lines.coupon_amount > 0 then 1 else 0 end) as has_coupon_amount
    from candidate_lines
    inner join coupons
        on
            candidate_lines.coupon_upc = coupons.coupon_upc
            and candidate_lines.campaign_id = coupons.campaign_id_source
            and candidate_lines.product_id = coupons.product_id_source
    group by candidate_lines.redemption_id, candidate_lines.order_id
),

graded as (
    select
        candidates.redemption_id,
        candidates.order_id,
        candidates.ordered_at,
        case
            when coupon_baskets.has_coupon_amount = 1 then 1
            when coupon_baskets.has_coupon_amount = 0 then 2
            else 3
        end as match_grade
    from candidates
    left join coupon_baskets
        on
            candidates.redemption_id = coupon_baskets.redemption_id
            and candidates.order_id = coupon_baskets.order_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by redemption_id
            order by match_grade nulls last, ordered_at nulls last, order_id nulls last
        ) as match_rank
    from graded
),

final as (
    select
        redemptions.redemption_id,
        redemptions.coupon_upc,
        redemptions.campaign_id,
        redemptions.member_id,
        redemptions.redemption_date,
        ranked.order_id,
        case ranked.match_grade
            when 1 then 'coupon product in basket with coupon amount'
            when 2 then 'coupon product in basket'
            when 3 then 'first order of the day'
        end as match_basis,
        redemptions.source_file_id,
        redemptions.source_line
    from redemptions
    left join ranked
        on
            redemptions.redemption_id = ranked.redemption_id
            and ranked.match_rank = 1
)

select * from final
