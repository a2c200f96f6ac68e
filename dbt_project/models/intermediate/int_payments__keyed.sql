with

payments as (
    select * from {{ ref('stg_bronze__payments') }}
),

final as (
    select
        cast(payment_channel || '-' || kind || '-' || entry_id_source as string) as payment_id,
        cast(store_id || '-' || order_id_source as string) as order_id,
        store_id,
        payment_channel,
        payment_id_source,
        paid_at,
        business_date,
        kind,
        amount,
        fee_amount,
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
        _file_id as source_file_id,
        _line as source_line
    from payments
)

select * from final
