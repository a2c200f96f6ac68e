{#
  Two models agree on aggregates, over all or per group. A group that one side lacks counts as 0 there.
  measures: list of {here: <aggregate over the model>, there: <aggregate over the other one>}; `there` may be left out
  where both are spelled alike. group_by: columns of both. where_here / where_there: filters.
  A failure shows the group and both figures of each measure.
#}
{% test totals_agree(model, compare_to, measures, group_by=[], where_here='true', where_there='true') %}

with

both_sides as (
    select
        {%- for column in group_by %}
        {{ column }},
        {%- endfor %}
        {%- for measure in measures %}
        {{ measure.here }} as here_{{ loop.index }},
        0 as there_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
    where {{ where_here }}
    {% if group_by %}group by {{ group_by | join(', ') }}{% endif %}

    union all

    select
        {%- for column in group_by %}
        {{ column }},
        {%- endfor %}
        {%- for measure in measures %}
        0 as here_{{ loop.index }},
        {{ measure.there or measure.here }} as there_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ compare_to }}
    where {{ where_there }}
    {% if group_by %}group by {{ group_by | join(', ') }}{% endif %}
),

compared as (
    select
        {%- for column in group_by %}
        {{ column }},
        {%- endfor %}
        {%- for measure in measures %}
        coalesce(sum(here_{{ loop.index }}), 0) as here_{{ loop.index }},
        coalesce(sum(there_{{ loop.index }}), 0) as there_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from both_sides
    {% if group_by %}group by {{ group_by | join(', ') }}{% endif %}
)

select *
from compared
where {% for measure in measures %}here_{{ loop.index }} <> there_{{ loop.index }}{{ ' or ' if not loop.last }}{% endfor %}

{% endtest %}
