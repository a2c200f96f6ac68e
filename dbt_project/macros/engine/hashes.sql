{# The first 15 hex digits of a token as a number, bigint: joins on integers are faster than those on texts. #}
{% macro token_key(token) -%}
    {{ return(adapter.dispatch('token_key', 'loopmart')(token)) }}
{%- endmacro %}

{% macro duckdb__token_key(token) -%}
    cast('0x' || left({{ token }}, 15) as bigint)
{%- endmacro %}


{# A hash of columns, nulls among them, bigint from 0 on. It may differ from one version of an engine to another. #}
{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash', 'loopmart')(columns)) }}
{%- endmacro %}

{% macro duckdb__row_hash(columns) -%}
    cast(hash({{ columns | join(', ') }}) >> 1 as bigint)
{%- endmacro %}
