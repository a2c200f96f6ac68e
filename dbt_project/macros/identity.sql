{# The id that an identifier founds: our id of the person behind it while it is the person's earliest. #}
{% macro own_member_id(token) -%}
    'M' || substr({{ token }}, 1, 20)
{%- endmacro %}


{#
  The select list of a record of identity evidence: what kind it is, the identifiers that it names together, the first
  and the last day on which it says so, and its line. `payer` is the prefix of columns _type, _issuer and _token.
#}
{% macro identity_record(
    kind, first_date, last_date, card='null', phone='null', account='null', unionid='null', payer=none, openid=none,
    openid_issuer=none, file_id='_file_id', line='_line'
) -%}
    '{{ kind }}' as evidence_kind,
        cast({{ card }} as string) as card_token,
        cast({{ phone }} as string) as phone_token,
        cast({{ account }} as string) as account_token,
        cast({{ unionid }} as string) as unionid_token,
        {%- if payer %}
        cast({{ payer }}_type as string) as payer_type,
        cast(coalesce({{ payer }}_issuer, '') as string) as payer_issuer,
        cast({{ payer }}_token as string) as payer_token,
        {%- else %}
        cast('wechat_openid' as string) as payer_type,
        cast({% if openid_issuer %}lower(coalesce({{ openid_issuer }}, '')){% else %}''{% endif %} as string)
            as payer_issuer,
        cast({{ openid or 'null' }} as string) as payer_token,
        {%- endif %}
        cast({{ first_date }} as date) as first_date,
        cast({{ last_date }} as date) as last_date,
        cast({{ file_id }} as string) as file_id,
        cast({{ line }} as bigint) as line
{%- endmacro %}


{#
  Condition that a row of int_identifiers__resolved (alias `identifiers`) is the one of a token on a day. On a day that is
  not known an identifier that changed hands names nobody. Comparisons alone, for an engine joins by hash on no other.
#}
{% macro names_on(identifiers, token, day) -%}
    {{ token }} = {{ identifiers }}.identifier_token
            and coalesce({{ day }}, date '0001-01-01') >= coalesce({{ identifiers }}.valid_from, date '0001-01-01')
            and coalesce({{ day }}, date '9999-12-31') <= coalesce({{ identifiers }}.valid_to, date '9999-12-31')
{%- endmacro %}


{#
  Who placed orders (order_id, refunded_order_id, business_date, card_token, phone_token, account_token): the member of
  the card by the order's day, else of the guest's phone, of the account, of who paid; null where none names one. A
  refund is of who paid its sale. Gives order_id, business_date, member_id, member_basis and the token that names it.
#}
{% macro named_orders(orders, order_payers, identifiers) -%}
    {%- set bases = ['card', 'phone', 'account', 'payer'] -%}
    select
        orders.order_id,
        orders.business_date,
        cast(coalesce({% for basis in bases %}{{ basis }}s.member_id{{ ', ' if not loop.last }}{% endfor %}) as string)
            as member_id,
        cast(case
            {%- for basis in bases %}
            when {{ basis }}s.member_id is not null then '{{ basis }}'
            {%- endfor %}
        end as string) as member_basis,
        cast(case
            {%- for basis in bases %}
            when {{ basis }}s.member_id is not null then {{ basis }}s.identifier_token
            {%- endfor %}
        end as string) as member_token
    from {{ orders }} as orders
    left join {{ order_payers }} as order_payers
        on coalesce(orders.refunded_order_id, orders.order_id) = order_payers.order_id
    {%- for basis in bases %}
    left join {{ identifiers }} as {{ basis }}s
        on {{ names_on(
            basis ~ 's',
            ('order_payers.' if basis == 'payer' else 'orders.') ~ basis ~ '_token',
            'orders.business_date'
        ) }}
    {%- endfor %}
{%- endmacro %}
