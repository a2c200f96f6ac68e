{# The schema of a layer is its plain name (staging, intermediate, marts, seeds), not <target schema>_<name>. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
