{#
  The days of an entry of a list: from the day that it states itself (joined, subscribed) to the last day that its file
  covers. Where one of the two is not known the other stands for both; where neither is, the entry has no day.
#}
with

order_payers as (
    select * from {{ ref('int_order_payers__found') }}
    where payer_count = 1
),

receipts as (
    select
        store_id || '-' || order_id_source as order_id,
        card_token,
        phone_token,
        account_token,
        business_date,
        _file_id,
        _line
    from {{ ref('stg_bronze__pos_receipts') }}

    union all

    select
        store_id || '-' || order_id_source as order_id,
        card_token,
        null as phone_token,
        null as account_token,
        business_date,
        _file_id,
        min(_line) as _line
    from {{ ref('stg_bronze__pos_order_lines') }}
    group by store_id, order_id_source, card_token, business_date, _file_id
),

paid_receipts as (
    select
        receipts.*,
        order_payers.payer_type,
        order_payers.payer_issuer,
        order_payers.payer_token
    from receipts
    left join order_payers on receipts.order_id = order_payers.order_id
),

final as (
    select
        {{ identity_record(
            'member_list', 'coalesce(joined_date, _period_end)', 'coalesce(_period_end, joined_date)',
            card='card_token', phone='phone_token', account='account_token'
        ) }}
    from {{ ref('stg_bronze__member_list') }}

    union all

    select
        {{ identity_record('member_list', '_period_end', '_period_end', card='card_token') }}
    from {{ ref('stg_bronze__cardholders') }}

    union all

    select
        {{ identity_record(
            'follower', 'coalesce(cast(subscribed_at as date), _period_end)',
            'coalesce(_period_end, cast(subscribed_at as date))',
            unionid='unionid_token', openid='openid_token', openid_issuer='account_id_source'
        ) }}
    from {{ ref('stg_bronze__followers') }}

    union all

    select
        {{ identity_record(
            'order', 'business_date', 'business_date',
            card='card_token', phone='phone_token', account='account_token', payer='payer'
        ) }}
    from paid_receipts

    union all

    select
        {{ identity_record(
            'payment', 'business_date', 'business_date', card='card_token', payer='payer',
            file_id='source_file_id', line='source_line'
        ) }}
    from {{ ref('int_payments__keyed') }}

    union all

    select
        {{ identity_record(
            'touch', 'business_date', 'business_date',
            card='card_token', phone='phone_token', openid='openid_token', openid_issuer='account_id_source'
        ) }}
    from {{ ref('stg_bronze__touches') }}

    union all

    select
        {{ identity_record('touch', '_period_start', '_period_start', card='card_token') }}
    from {{ ref('stg_bronze__campaign_targets') }}

    union all

    select
        {{ identity_record('touch', 'redemption_date', 'redemption_date', card='card_token') }}
    from {{ ref('stg_bronze__coupon_redemptions') }}

    union all

    select
        {{ identity_record('points', 'business_date', 'business_date', card='card_token') }}
    from {{ ref('stg_bronze__points_entries') }}
)

select * from final
