{# Whole days from one date to a later one, bigint. #}
{% macro days_between(from_date, to_date) -%}
    {{ return(adapter.dispatch('days_between', 'loopmart')(from_date, to_date)) }}
{%- endmacro %}

{% macro duckdb__days_between(from_date, to_date) -%}
    cast({{ to_date }} - {{ from_date }} as bigint)
{%- endmacro %}


{# A join item that gives one row (alias `days`, column `day`) for each day of a period, both ends in. #}
{% macro each_day(first_date, last_date) -%}
    {{ return(adapter.dispatch('each_day', 'loopmart')(first_date, last_date)) }}
{%- endmacro %}

{% macro duckdb__each_day(first_date, last_date) -%}
    cross join lateral (
        select
            cast(unnest(generate_series(
                cast({{ first_date }} as timestamp), cast({{ last_date }} as timestamp), interval '1' day
            )) as date) as day
    ) as days
{%- endmacro %}


{# The clock hour (0-23, int) that a UTC timestamp shows in a named time zone. #}
{% macro local_hour(utc_timestamp, time_zone) -%}
    {{ return(adapter.dispatch('local_hour', 'loopmart')(utc_timestamp, time_zone)) }}
{%- endmacro %}

{% macro duckdb__local_hour(utc_timestamp, time_zone) -%}
    cast(extract('hour' from timezone({{ time_zone }}, {{ utc_timestamp }} at time zone 'UTC')) as int)
{%- endmacro %}


{# The date so many whole days after a date. #}
{% macro days_after(from_date, days) -%}
    {{ return(adapter.dispatch('days_after', 'loopmart')(from_date, days)) }}
{%- endmacro %}

{% macro duckdb__days_after(from_date, days) -%}
    cast({{ from_date }} + cast({{ days }} as int) as date)
{%- endmacro %}


{# Day of the week of a date, 1 (Monday) to 7 (Sunday), int. #}
{% macro iso_weekday(date) -%}
    {{ return(adapter.dispatch('iso_weekday', 'loopmart')(date)) }}
{%- endmacro %}

{% macro duckdb__iso_weekday(date) -%}
    cast(extract('isodow' from {{ date }}) as int)
{%- endmacro %}


{# Whole seconds of a timestamp since 1970, bigint. #}
{% macro epoch_seconds(timestamp) -%}
    {{ return(adapter.dispatch('epoch_seconds', 'loopmart')(timestamp)) }}
{%- endmacro %}

{% macro duckdb__epoch_seconds(timestamp) -%}
    cast(epoch_us({{ timestamp }}) // 1000000 as bigint)
{%- endmacro %}
