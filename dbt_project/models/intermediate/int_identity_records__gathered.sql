{#
  The day of a list is the last day that its file covers, else the latest day that any of its entries states. An entry
  counts from the day that it states itself (joined, subscribed), else from the day of its list, to the day of its list.
#}
{%- set of_file = 'over (partition by _file_id)' -%}
{%- set member_list_day =
    'coalesce(_period_end, greatest(max(joined_date) ' ~ of_file ~ ', max(last_order_date) ' ~ of_file ~ '))' -%}
{%- set follower_day = 'coalesce(_period_end, max(cast(subscribed_at as date)) ' ~ of_file ~ ')' -%}
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
            'member_list', 'coalesce(joined_date, ' ~ member_list_day ~ ')', member_list_day,
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
            'follower', 'coalesce(cast(subscribed_at as date), ' ~ follower_day ~ ')', follower_day,
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
