{# The rule over aggregates is true in every group; false and null both fail. A failure shows the group's columns. #}
{% test group_rule(model, group_by, rule) %}

select
    {{ group_by | join(', ') }},
    count(*) as row_count
from {{ model }}
group by {{ group_by | join(', ') }}
having coalesce(not ({{ rule }}), true)

{% endtest %}
