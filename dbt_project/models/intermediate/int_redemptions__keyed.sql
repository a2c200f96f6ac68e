with

coupon_redemptions as (
    select * from {{ ref('stg_bronze__coupon_redemptions') }}
),

-- A member may hand in the same coupon several times a day: each gets its number.
numbered as (
    select
        coupon_upc,
        campaign_id_source as campaign_id,
        {{ member_id('card_token') }} as member_id,
        redemption_date,
        _file_id as source_file_id,
        _line as source_line,
        row_number() over (
            partition by campaign_id_source, coupon_upc, card_token, redemption_date
            order by _file_id nulls last, _line nulls last
        ) as redemption_number
    from coupon_redemptions
),

final as (
    select
        cast(
            'R-' || campaign_id || '-' || coupon_upc || '-' || member_id || '-'
            || cast(redemption_date as string) || '-' || cast(redemption_number as string)
            as string
        ) as redemption_id,
        coupon_upc,
        campaign_id,
        cast(member_id as string) as member_id,
        redemption_date,
        source_file_id,
        source_line
    from numbered
)

select * from final
