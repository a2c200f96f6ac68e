{#
  The way of paying that a till's word means: wechat, alipay, card, cash, stored_value, voucher, and other for a word
  that is not known. Only receipts need it; the sources of tenders name their words themselves.
#}
{% macro tender_channel(word) -%}
    {%- set words = {
        'wechat': ['wechat', 'weixin', '微信'],
        'alipay': ['alipay', '支付宝'],
        'voucher': ['voucher', 'coupon', '团购', '优惠券', '代金券', '次卡'],
        'stored_value': ['stored', 'gift card', 'store credit', '储值', '余额', '预付'],
        'card': ['card', 'visa', 'mastercard', 'unionpay', '银行卡', '刷卡', '信用卡', '云闪付', '银联'],
        'cash': ['cash', '现金'],
    } -%}
    case
        {%- for channel, known in words.items() %}
        when
            {%- for text in known %}
            lower({{ word }}) like '%{{ text }}%'{{ ' or' if not loop.last }}
            {%- endfor %} then '{{ channel }}'
        {%- endfor %}
        else 'other'
    end
{%- endmacro %}
