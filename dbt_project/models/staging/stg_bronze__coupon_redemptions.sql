with

bronze_rows as (
    {{ counted_rows('coupon_redemptions') }}
),

final as (
    select
        cast(bronze_rows.coupon_upc as string) as coupon_upc,
        cast(bronze_rows.campaign_id_source as string) as campaign_id_source,
        cast(bronze_rows.card_token as string) as card_token,
        cast(bronze_rows.redemption_date as date) as redemption_date,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line,
        cast(bronze_rows.period_start as date) as _period_start,
        cast(bronze_rows.period_end as date) as _period_end
    from bronze_rows
)

select * from final
