{#
  How a sum of spend is known: as all of it is; else mixed where a part of it is assumed, and reported where bills and
  advertising platforms tell all of it.
#}
{% macro basis_of_sum(basis) -%}
    case
        when count(distinct {{ basis }}) <= 1 then min({{ basis }})
        when count(case when {{ basis }} in ('assumed', 'mixed') then 1 end) > 0 then 'mixed'
        else 'reported'
    end
{%- endmacro %}
