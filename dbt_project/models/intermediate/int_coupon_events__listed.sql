with

touches as (
    select * from {{ ref('stg_bronze__touches') }}
),

coupon_redemptions as (
    select * from {{ ref('stg_bronze__coupon_redemptions') }}
),

vouchers as (
    select * from {{ ref('stg_bronze__voucher_redemptions') }}
),

told_by_issuer as (
    select distinct
        issuer,
        kind,
        voucher_id_source
    from vouchers
    where reported_by = 'issuer'
),

-- A use that the till lists and its issuer, too, counts once, as the issuer tells it.
voucher_uses as (
    select vouchers.*
    from vouchers
    left join told_by_issuer
        on
            vouchers.issuer = told_by_issuer.issuer
            and vouchers.kind = told_by_issuer.kind
            and vouchers.voucher_id_source = told_by_issuer.voucher_id_source
    where vouchers.reported_by = 'issuer' or told_by_issuer.voucher_id_source is null
),

events as (
    select
        'own' as issuer,
        campaign_id_source,
        content_id_source as batch_id,
        business_date,
        'issue' as event,
        null as face_amount,
        null as currency,
        _file_id,
        _line
    from touches
    where channel = 'coupon_issue'
    union all
    select
        'own' as issuer,
        campaign_id_source,
        coupon_upc as batch_id,
        redemption_date as business_date,
        'redeem' as event,
        null as face_amount,
        null as currency,
        _file_id,
        _line
    from coupon_redemptions
    union all
    select
        issuer,
        campaign_id_source,
        batch_id_source as batch_id,
        business_date,
        case when kind = 'cancel' then 'reverse' else 'redeem' end as event,
        abs(face_amount) as face_amount,
        currency,
        _file_id,
        _line
    from voucher_uses
),

final as (
    select
        cast(issuer as string) as issuer,
        cast(coalesce(campaign_id_source, '') as string) as campaign_id,
        cast(coalesce(batch_id, '') as string) as batch_id,
        business_date,
        cast(event as string) as event,
        cast(face_amount as decimal(18, 2)) as face_amount,
        cast(currency as string) as currency,
        _file_id as source_file_id,
        _line as source_line
    from events
)

select * from final
