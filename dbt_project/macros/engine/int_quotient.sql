{# Quotient of two integers, rounded toward zero, bigint. #}
{% macro int_quotient(dividend, divisor) -%}
    {{ return(adapter.dispatch('int_quotient', 'loopmart')(dividend, divisor)) }}
{%- endmacro %}

{% macro duckdb__int_quotient(dividend, divisor) -%}
    cast(({{ dividend }}) // ({{ divisor }}) as bigint)
{%- endmacro %}
