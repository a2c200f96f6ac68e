{# Our id of the person behind a card token. #}
{% macro member_id(card_token) -%}
    'M' || substr({{ card_token }}, 1, 20)
{%- endmacro %}
