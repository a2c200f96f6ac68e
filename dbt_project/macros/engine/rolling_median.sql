{#
  Median of the latest `row_count` rows, this one among them, within a partition, decimal(9, 1). Nulls do not count.
  The values are whole numbers, so that the mean of the two middle ones is exact.
#}
{% macro rolling_median(value, partition_by, order_by, row_count) -%}
    {{ return(adapter.dispatch('rolling_median', 'loopmart')(value, partition_by, order_by, row_count)) }}
{%- endmacro %}

{% macro duckdb__rolling_median(value, partition_by, order_by, row_count) -%}
    cast(
        median(cast({{ value }} as decimal(9, 1))) over (
            partition by {{ partition_by }} order by {{ order_by }} nulls last
            rows between {{ row_count | int - 1 }} preceding and current row
        )
        as decimal(9, 1)
    )
{%- endmacro %}
