{#
  Sample variance from a count, a sum and a sum of squares, double. The sums are exact decimals, so the result does not
  depend on the order of rows: s2 = (n * sum(x^2) - sum(x)^2) / (n * (n - 1)). Null for fewer than two values.
#}
{% macro sample_variance(value_count, value_sum, square_sum) -%}
    cast(
        cast({{ value_count }} as decimal(10, 0)) * cast({{ square_sum }} as decimal(28, 4))
        - cast({{ value_sum }} as decimal(19, 2)) * cast({{ value_sum }} as decimal(19, 2))
        as double
    ) / nullif(cast({{ value_count }} as double) * (cast({{ value_count }} as double) - 1), 0)
{%- endmacro %}
