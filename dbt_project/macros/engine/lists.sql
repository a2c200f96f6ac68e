{# A join item that gives one row per struct of a list, its fields as columns of the alias; none for a null list. #}
{% macro each_struct(list, alias) -%}
    {{ return(adapter.dispatch('each_struct', 'loopmart')(list, alias)) }}
{%- endmacro %}

{% macro duckdb__each_struct(list, alias) -%}
    cross join lateral (select unnest({{ list }}, recursive := true)) as {{ alias }}
{%- endmacro %}


{# A join item that gives one row per part of a text (alias `parts`, columns `part` and `position` from 1). #}
{% macro each_part(text, separator) -%}
    {{ return(adapter.dispatch('each_part', 'loopmart')(text, separator)) }}
{%- endmacro %}

{% macro duckdb__each_part(text, separator) -%}
    cross join lateral (
        select
            unnest(string_split({{ text }}, '{{ separator }}')) as part,
            generate_subscripts(string_split({{ text }}, '{{ separator }}'), 1) as position
    ) as parts
{%- endmacro %}
