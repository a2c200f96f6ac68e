{#
  Share number `position` (1, 2, …) of `total` whole units split evenly into `parts`: largest remainder, so that the
  shares add up to the total. All remainders of an even split are alike, so the first positions get the odd units.
#}
{% macro even_share(total, parts, position) -%}
    {{ int_quotient(total, parts) }}
    + case when {{ position }} <= abs(({{ total }}) % ({{ parts }})) then sign({{ total }}) else 0 end
{%- endmacro %}


{# Fifth of its group (1-5, int) in which a rank (1 = lowest, equal values share a rank) falls. #}
{% macro fifth(rank, group_size) -%}
    cast(1 + {{ int_quotient('(' ~ rank ~ ' - 1) * 5', group_size) }} as int)
{%- endmacro %}


{# Calendar months from one date to another: month numbers, not elapsed time; int. #}
{% macro months_between(from_date, to_date) -%}
    cast(
        (extract(year from {{ to_date }}) - extract(year from {{ from_date }})) * 12
        + extract(month from {{ to_date }}) - extract(month from {{ from_date }})
        as int
    )
{%- endmacro %}
