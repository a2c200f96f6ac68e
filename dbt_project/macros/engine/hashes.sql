{# Up to 15 hex digits of a token, the first of them at a place from 1 on, as a number: bigint. #}
{% macro token_digits(token, place, count) -%}
    {{ return(adapter.dispatch('token_digits', 'loopmart')(token, place, count)) }}
{%- endmacro %}

{% macro duckdb__token_digits(token, place, count) -%}
    cast('0x' || substr({{ token }}, {{ place }}, {{ count }}) as bigint)
{%- endmacro %}


{# A hash of columns, nulls among them, bigint from 0 on. It may differ from one version of an engine to another. #}
{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash', 'loopmart')(columns)) }}
{%- endmacro %}

{% macro duckdb__row_hash(columns) -%}
    cast(hash({{ columns | join(', ') }}) >> 1 as bigint)
{%- endmacro %}
