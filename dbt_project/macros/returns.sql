{# (sales - cost) / cost, decimal(18, 4); null where the cost is 0 or either is not known. #}
{% macro return_on(sales, cost) -%}
    {{ exact_ratio(sales ~ ' - ' ~ cost, cost, 4) }}
{%- endmacro %}
