with

redemptions as (
    select * from {{ ref('int_redemptions__matched') }}
),

final as (
    select
        redemption_id,
        coupon_upc,
        campaign_id,
        member_id,
        redemption_date,
        order_id,
        match_basis,
        source_file_id,
        source_line
    from redemptions
)

select * from final
