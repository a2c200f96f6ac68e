{# The expression is true in every row; false and null both fail. A failure shows the whole row. #}
{% test row_rule(model, rule) %}

select *
from {{ model }}
where coalesce(not ({{ rule }}), true)

{% endtest %}
