{#
  What an entry on an account at a payment company is, told from the words of its bill: trade, refund, fee (taken or
  given back), coupon (what somebody else funds), payout (to the bank) or other. The first that fits counts, so that
  the fee of a refund is a fee.
#}
{% macro account_movement(business_type) -%}
    case
        when
            {{ business_type }} like '%手续费%' or {{ business_type }} like '%收费%'
            or {{ business_type }} like '%服务费%' or {{ business_type }} like '%退费%'
            then 'fee'
        when {{ business_type }} like '%退款%' then 'refund'
        when {{ business_type }} like '%提现%' or {{ business_type }} like '%转账到银行%' then 'payout'
        when
            {{ business_type }} like '%券%' or {{ business_type }} like '%红包%'
            or {{ business_type }} like '%补贴%' or {{ business_type }} like '%营销%'
            then 'coupon'
        when
            {{ business_type }} like '%交易%' or {{ business_type }} like '%支付%'
            or {{ business_type }} like '%收款%'
            then 'trade'
        else 'other'
    end
{%- endmacro %}
