{# Condition that a line of a receipt takes goods back; where no money tells it, the quantity does. #}
{% macro is_return(line) -%}
    case
        when {{ line }}.net_sales_amount <> 0 then {{ line }}.net_sales_amount < 0
        when {{ line }}.gross_amount <> 0 then {{ line }}.gross_amount < 0
        else coalesce({{ line }}.quantity, 0) < 0
    end
{%- endmacro %}


{#
  The number of the sale that a receipt's number speaks of: its own, or what stands before `-refund-` in a number made
  of that of the sale and that of the refund.
#}
{% macro sale_number(order_id_source) -%}
    split_part({{ order_id_source }}, '-refund-', 1)
{%- endmacro %}


{#
  Business dates (column business_date) on which two relations do not hold the same rows, told by a hash over the
  columns: how a model finds what changed through rows of other dates.
#}
{% macro differing_dates(here, there, columns) -%}
    select coalesce(here.business_date, there.business_date) as business_date
    from (
        select
            business_date,
            count(*) as row_count,
            sum({{ row_hash(columns) }}) as hash_sum
        from {{ here }}
        group by business_date
    ) as here
    full outer join (
        select
            business_date,
            count(*) as row_count,
            sum({{ row_hash(columns) }}) as hash_sum
        from {{ there }}
        group by business_date
    ) as there on here.business_date = there.business_date
    where
        here.row_count is distinct from there.row_count
        or here.hash_sum is distinct from there.hash_sum
{%- endmacro %}


{# Hook that adds the dates of a relation to the change set of the build, for all models after it. #}
{% macro widen_change_set(dates) -%}
    insert into {{ source('ops', 'affected_dates') }} (business_date)
    select business_date
    from {{ dates }}
    where business_date not in (select business_date from {{ source('ops', 'affected_dates') }})
{%- endmacro %}


{# Whether a table stands from the build before and this build keeps it; the rows that a unit test gives do, too. #}
{% macro is_built(relation) -%}
    {{ return((relation.schema is none or load_relation(relation) is not none) and not flags.FULL_REFRESH) }}
{%- endmacro %}
