{# Last date on which a touch counts, from the columns of int_touches__keyed; `attribution` in vars says how. #}
{% macro last_counting_date() -%}
    {%- set settings = var('attribution') -%}
    {%- set days -%}
        case
            {%- for channel, days in settings.look_back_days.items() if channel != 'default' %}
            when channel = '{{ channel }}' then {{ days | int }}
            {%- endfor %}
            when true then {{ settings.look_back_days.default | int }}
        end
    {%- endset -%}
    {%- set look_back_end = days_after('touched_date', days) -%}
    {% if settings.while_running %}least(end_date, {{ look_back_end }})
    {%- else %}{{ look_back_end }}{% endif %}
{%- endmacro %}


{# Whether a touch may stand on a path at all: of a member and a campaign, and not one that failed. #}
{% macro may_count() -%}
    campaign_id is not null and member_id is not null and status is distinct from 'failed'
{%- endmacro %}


{# When a touch was made, where that is known; a target is known by its day alone. #}
{% macro time_of_touch(touch) -%}
    case when {{ touch }}.kind <> 'target' then {{ touch }}.touched_at end
{%- endmacro %}


{# Order of the touches of a path. Of equal times the lower campaign_id comes later, so that it has the last touch. #}
{% macro path_order() -%}
    touched_date asc nulls last, touched_at asc nulls first, campaign_id desc nulls last, touch_id desc nulls last
{%- endmacro %}


{#
  Whether the path transform leaves a touch on the path of `owner`: all (none), the first of a run of touches of one
  campaign (exposure), the first (first) or the last (recent) of each campaign.
#}
{% macro stays_on_path(owner) -%}
    {%- set transform = var('attribution').path_transform -%}
    {%- set by_campaign = 'partition by ' ~ owner ~ ', campaign_id order by ' ~ path_order() -%}
    {%- if transform == 'none' -%} true
    {%- elif transform == 'exposure' -%}
    campaign_id is distinct from lag(campaign_id) over (partition by {{ owner }} order by {{ path_order() }})
    {%- elif transform == 'first' -%} row_number() over ({{ by_campaign }}) = 1
    {%- elif transform == 'recent' -%}
    row_number() over ({{ by_campaign }}) = count(*) over (partition by {{ owner }}, campaign_id)
    {%- else -%}
    {{ exceptions.raise_compiler_error('path_transform ' ~ transform ~ ' is not none, exposure, first or recent') }}
    {%- endif -%}
{%- endmacro %}


{# Window over the touches of a path: all of them, or those up to this one. #}
{% macro along_path(owner, up_to='unbounded following') -%}
    over (
        partition by {{ owner }} order by {{ path_order() }}
        rows between unbounded preceding and {{ up_to }}
    )
{%- endmacro %}


{# Weight of a touch by time decay, bigint: 10,000 on the day of the order, half as much each `half_life_days`. #}
{% macro decay_weight(age_days) -%}
    {%- set half_life -%} {{ '%.6f' | format(var('attribution').half_life_days) }} {%- endset -%}
    cast(greatest(round(10000 * pow(0.5, {{ age_days }} / {{ half_life }})), 1) as bigint)
{%- endmacro %}


{#
  From where to where the share of a touch reaches on its path, of how much, by a method that is a rule: columns
  <method>_from, <method>_to, <method>_total. `position_based` of `attribution` gives the percent of the first and the
  last touch.
#}
{% macro rule_span(method, path) -%}
    {%- set first = var('attribution').position_based.first | int -%}
    {%- set last = var('attribution').position_based.last | int -%}
    {%- set between = 100 - first - last -%}
    {%- if first < 0 or last < 0 or between < 0 or first + last == 0 -%}
    {{ exceptions.raise_compiler_error('position_based ' ~ first ~ ' and ' ~ last ~ ' are not percent of one order') }}
    {%- endif -%}
    {%- set position = path ~ '.path_position' -%}
    {%- set length = path ~ '.path_length' -%}
    {%- set position_from -%}
        case
            when {{ position }} = 1 then 0
            when {{ length }} = 2 then {{ first }}
            else {{ first }} * ({{ length }} - 2) + {{ between }} * ({{ position }} - 2)
        end
    {%- endset -%}
    {%- set position_to -%}
        case
            when {{ length }} = 1 then 1
            when {{ length }} = 2 then case when {{ position }} = 1 then {{ first }} else {{ first + last }} end
            when {{ position }} = {{ length }} then 100 * ({{ length }} - 2)
            else {{ first }} * ({{ length }} - 2) + {{ between }} * ({{ position }} - 1)
        end
    {%- endset -%}
    {%- set position_total -%}
        case when {{ length }} = 1 then 1 when {{ length }} = 2 then {{ first + last }} else 100 * ({{ length }} - 2) end
    {%- endset -%}
    {%- set spans = {
        'first_touch': ['0', 'case when ' ~ position ~ ' = 1 then 1 else 0 end', '1'],
        'last_touch': ['0', 'case when ' ~ position ~ ' = ' ~ length ~ ' then 1 else 0 end', '1'],
        'linear': [position ~ ' - 1', position, length],
        'position_based': [position_from, position_to, position_total],
        'time_decay': [path ~ '.decay_from', path ~ '.decay_to', path ~ '.decay_total']
    } -%}
    {%- for name in ('from', 'to', 'total') -%}
    cast({{ spans[method][loop.index0] }} as bigint) as {{ method }}_{{ name }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# Where a span ends, in billionths of the whole, rounded up. #}
{% macro share_end(span_end, span_total) -%}
    {{ int_quotient(span_end ~ ' * 1000000000 + ' ~ span_total ~ ' - 1', span_total) }}
{%- endmacro %}


{#
  What of a whole number `total` falls to the billionths from `share_from` to `share_to`, rounded so that consecutive
  shares add up to the total, with `scale` decimals; a negative total gives the same with a minus. Null where the share
  is nothing.
#}
{% macro share_between(total, scale, share_from, share_to) -%}
    {%- set rest = '(abs(' ~ total ~ ') % 1000000000)' -%}
    case when {{ share_to }} > {{ share_from }} then cast(cast(
        sign({{ total }}) * (
            {{ int_quotient('abs(' ~ total ~ ')', 1000000000) }} * ({{ share_to }} - {{ share_from }})
            + {{ int_quotient(rest ~ ' * ' ~ share_to ~ ' + 999999999', 1000000000) }}
            - {{ int_quotient(rest ~ ' * ' ~ share_from ~ ' + 999999999', 1000000000) }}
        ) as decimal(18, 0)) * {{ '%.*f' | format(scale, 10 ** -scale) }} as decimal(18, {{ scale }})
    ) end
{%- endmacro %}
