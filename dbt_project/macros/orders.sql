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


{#
  Business dates of orders that hold lines of a changed neighbouring day: first_line_date and last_line_date are those
  of the order's lines.
#}
{% macro dates_beside_changes(orders) -%}
    select orders.business_date
    from {{ orders }} as orders
    inner join {{ source('ops', 'affected_dates') }} as changed_dates
        on orders.first_line_date = changed_dates.business_date or orders.last_line_date = changed_dates.business_date
    where orders.first_line_date <> orders.business_date or orders.last_line_date <> orders.business_date
{%- endmacro %}
