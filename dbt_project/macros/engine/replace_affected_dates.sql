{#
  Incremental strategy `replace_affected_dates`: replace the business dates of the change set, all rows of a date at
  once. A date of ops.affected_dates loses its rows also where the model gives none for it any more (file revoked,
  or corrected to an empty one). The model itself must give rows of these dates, and may give all rows of further ones.
#}
{% macro get_incremental_replace_affected_dates_sql(arg_dict) %}
    {{ return(adapter.dispatch('replace_affected_dates', 'loopmart')(
        arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns']
    )) }}
{% endmacro %}

{% macro duckdb__replace_affected_dates(target_relation, temp_relation, dest_columns) %}
    {%- set column_list = dest_columns | map(attribute='quoted') | join(', ') -%}
    delete from {{ target_relation }}
    where
        business_date in (select business_date from {{ source('ops', 'affected_dates') }})
        or business_date in (select business_date from {{ temp_relation }});

    insert into {{ target_relation }} ({{ column_list }})
    select {{ column_list }} from {{ temp_relation }}
{% endmacro %}
