{#
  The rules of a model, each by its name, in one query: {name: {kind: arguments}}, where a kind is one of the generic tests
  below. A failure shows the rule, how many rows its test finds, and one of them.
#}
{% test rules(model, rules) %}

with

{% for name, rule in rules.items() -%}
{%- set kind, arguments = (rule.items() | list)[0] -%}
{{ name }} as (
    {%- if kind == 'unique_key' %}{{ test_unique_key(model, arguments) }}
    {%- elif kind == 'no_nulls' %}{{ test_no_nulls(model, arguments) }}
    {%- elif kind == 'row_rule' %}{{ test_row_rule(model, arguments) }}
    {%- elif kind == 'group_rule' %}{{ test_group_rule(model, **arguments) }}
    {%- elif kind == 'totals_agree' %}{{ test_totals_agree(model, **arguments) }}
    {%- elif kind == 'relationships' %}{{ test_relationships(model, **arguments) }}
    {%- else %}{{ exceptions.raise_compiler_error(name ~ ': there is no kind of rule ' ~ kind) }}
    {%- endif %}
){{ ',' if not loop.last }}

{% endfor -%}

{% for name in rules -%}
select
    '{{ name }}' as rule,
    count(*) as row_count,
    min({{ row_as_text('broken') }}) as example
from {{ name }} as broken
having count(*) > 0
{{ 'union all' if not loop.last }}
{% endfor -%}

{% endtest %}
