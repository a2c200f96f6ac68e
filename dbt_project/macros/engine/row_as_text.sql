{# A row of a table or a subquery, by its alias, as a text that names its columns. #}
{% macro row_as_text(alias) -%}
    {{ return(adapter.dispatch('row_as_text', 'loopmart')(alias)) }}
{%- endmacro %}

{% macro duckdb__row_as_text(alias) -%}
    cast({{ alias }} as varchar)
{%- endmacro %}
