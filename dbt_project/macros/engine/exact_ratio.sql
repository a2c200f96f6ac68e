{#
  numerator / denominator as decimal(18, scale), rounded half away from zero, worked out in integers: a division of
  decimals gives a double on one engine and a truncated decimal on the other. Null where the denominator is 0 or null.
  Both arguments may have up to 4 decimals and 26 digits.
#}
{% macro exact_ratio(numerator, denominator, scale=4) -%}
    {{ return(adapter.dispatch('exact_ratio', 'loopmart')(numerator, denominator, scale)) }}
{%- endmacro %}

{% macro duckdb__exact_ratio(numerator, denominator, scale) -%}
    {%- set n -%} cast(cast({{ numerator }} as decimal(30, 4)) * 10000 as hugeint) {%- endset -%}
    {%- set d -%} nullif(cast(cast({{ denominator }} as decimal(30, 4)) * 10000 as hugeint), 0) {%- endset -%}
    cast(
        cast(
            sign({{ n }}) * sign({{ d }})
            * ((2 * abs({{ n }}) * {{ 10 ** scale }} + abs({{ d }})) // (2 * abs({{ d }})))
            as decimal(28, 0)
        ) * cast({{ '%.*f' | format(scale, 10 ** -scale) }} as decimal({{ scale + 1 }}, {{ scale }}))
        as decimal(18, {{ scale }})
    )
{%- endmacro %}
