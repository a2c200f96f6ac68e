with

payments as (
    select * from {{ ref('stg_bronze__payments') }}
),

-- What a bill should tell is the bill's to tell.
tenders as (
    select * from {{ ref('int_tenders__keyed') }}
    where not is_billed
),

entries as (
    select
        payment_channel || '-' || kind || '-' || entry_id_source as payment_id,
        order_id_source,
        store_id,
        payment_channel,
        payment_id_source,
        coalesce(sub_merchant_id_source, merchant_id_source) as merchant_id_source,
        paid_at,
        business_date,
        kind,
        amount,
        merchant_discount_amount,
        platform_discount_amount,
        fee_amount,
        currency,
        payer_token,
        payer_issuer,
        card_token,
        'bill' as origin,
        _file_id as source_file_id,
        _line as source_line
    from payments

    union all

    select
        payment_channel || '-' || kind || '-' || tender_id as payment_id,
        order_id_source,
        store_id,
        payment_channel,
        coalesce(payment_id_source, order_id_source) as payment_id_source,
        null as merchant_id_source,
        paid_at,
        business_date,
        kind,
        amount,
        null as merchant_discount_amount,
        null as platform_discount_amount,
        null as fee_amount,
        currency,
        null as payer_token,
        null as payer_issuer,
        card_token,
        'till' as origin,
        source_file_id,
        source_line
    from tenders
),

final as (
    select
        cast(payment_id as string) as payment_id,
        cast(store_id || '-' || order_id_source as string) as order_id,
        order_id_source,
        store_id,
        payment_channel,
        payment_id_source,
        cast(merchant_id_source as string) as merchant_id_source,
        paid_at,
        business_date,
        kind,
        amount,
        cast(merchant_discount_amount as decimal(18, 2)) as merchant_discount_amount,
        cast(platform_discount_amount as decimal(18, 2)) as platform_discount_amount,
        cast(fee_amount as decimal(18, 2)) as fee_amount,
        currency,
        case
            when payer_token is null then null
            when payer_issuer = 'alipay' then 'alipay_user'
            else 'wechat_openid'
        end as payer_type,
        case when payer_token is null or payer_issuer = 'alipay' then '' else lower(coalesce(payer_issuer, '')) end
            as payer_issuer,
        payer_token,
        card_token,
        cast(origin as string) as origin,
        source_file_id,
        source_line
    from entries
)

select * from final
