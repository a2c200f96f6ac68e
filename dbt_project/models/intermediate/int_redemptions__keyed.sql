with

coupon_redemptions as (
    select * from {{ ref('stg_bronze__coupon_redemptions') }}
),

identifiers as (
    select * from {{ ref('int_identifiers__resolved') }}
    where member_id is not null
),

-- A card may hand in the same coupon several times a day: each gets its number.
numbered as (
    select
        coupon_redemptions.coupon_upc,
        coupon_redemptions.campaign_id_source as campaign_id,
        {{ own_member_id('coupon_redemptions.card_token') }} as own_member_id,
        identifiers.member_id,
        coupon_redemptions.redemption_date,
        coupon_redemptions._file_id as source_file_id,
        coupon_redemptions._line as source_line,
        row_number() over (
            partition by
                coupon_redemptions.campaign_id_source,
                coupon_redemptions.coupon_upc,
                coupon_redemptions.card_token,
                coupon_redemptions.redemption_date
            order by coupon_redemptions._file_id nulls last, coupon_redemptions._line nulls last
        ) as redemption_number
    from coupon_redemptions
    left join identifiers
        on {{ names_on('identifiers', 'coupon_redemptions.card_token', 'coupon_redemptions.redemption_date') }}
),

final as (
    select
        cast(
            'R-' || campaign_id || '-' || coupon_upc || '-' || own_member_id || '-'
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
