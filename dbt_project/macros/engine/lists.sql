{# A join item that gives one row per struct of a list, its fields as columns of the alias; none for a null list. #}
{% macro each_struct(list, alias) -%}
    {{ return(adapter.dispatch('each_struct', 'loopmart')(list, alias)) }}
{%- endmacro %}

{% macro duckdb__each_struct(list, alias) -%}
    cross join lateral (select unnest({{ list }}, recursive := true)) as {{ alias }}
{%- endmacro %}
