{# A parameter of the rule by which members lapse, from `vars` of dbt_project.yml. #}
{% macro lapse_parameter(name) -%}
    {{ var('lapse')[name] }}
{%- endmacro %}


{#
  Days without an order up to which a member whose usual interval is given is not yet `at_risk` (or `lapsed`), int: so
  many intervals, but not fewer and not more days than the rule allows.
#}
{% macro days_until(status, interval_days) -%}
    {%- set rule = var('lapse')[status] -%}
    cast(
        least(greatest(ceil({{ rule.intervals }} * {{ interval_days }}), {{ rule.days_min }}), {{ rule.days_max }})
        as int
    )
{%- endmacro %}
