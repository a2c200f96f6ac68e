{# None of the columns is null, checked in one scan. A failure shows the whole row and names its null columns. #}
{% test no_nulls(model, columns) %}

select
    concat_ws(
        ', ',
        {%- for column in columns %}
        case when {{ column }} is null then '{{ column }}' end{{ ',' if not loop.last }}
        {%- endfor %}
    ) as null_columns,
    checked.*
from {{ model }} as checked
where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}

{% endtest %}
