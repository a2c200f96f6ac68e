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
  From where to where the share of a touch reaches on its path, of how much (span_from, span_to, span_total), by a
  method that is a rule; `position_based` of `attribution` gives the percent of the first and the last touch.
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
    case
            when {{ method }} = 'first_touch' then case when {{ position }} = 1 then 0 else 1 end
            when {{ method }} = 'last_touch' then 0
            when {{ method }} = 'linear' then {{ position }} - 1
            when {{ method }} = 'time_decay' then {{ path }}.decay_from
            when {{ position }} = 1 then 0
            when {{ length }} = 2 then {{ first }}
            else {{ first }} * ({{ length }} - 2) + {{ between }} * ({{ position }} - 2)
        end as span_from,
        case
            when {{ method }} = 'first_touch' then 1
            when {{ method }} = 'last_touch' then case when {{ position }} = {{ length }} then 1 else 0 end
            when {{ method }} = 'linear' then {{ position }}
            when {{ method }} = 'time_decay' then {{ path }}.decay_to
            when {{ length }} = 1 then 1
            when {{ length }} = 2 then case when {{ position }} = 1 then {{ first }} else {{ first + last }} end
            when {{ position }} = {{ length }} then 100 * ({{ length }} - 2)
            else {{ first }} * ({{ length }} - 2) + {{ between }} * ({{ position }} - 1)
        end as span_to,
        case
            when {{ method }} in ('first_touch', 'last_touch') then 1
            when {{ method }} = 'linear' then {{ length }}
            when {{ method }} = 'time_decay' then {{ path }}.decay_total
            when {{ length }} = 1 then 1
            when {{ length }} = 2 then {{ first + last }}
            else 100 * ({{ length }} - 2)
        end as span_total
{%- endmacro %}


{#
  What of a whole number `total` falls to the billionths from `share_from` to `share_to`, rounded so that consecutive
  shares add up to the total; a negative total gives the same with a minus.
#}
{% macro share_between(total, share_from, share_to) -%}
    {%- set rest = '(abs(' ~ total ~ ') % 1000000000)' -%}
    sign({{ total }}) * (
        {{ int_quotient('abs(' ~ total ~ ')', 1000000000) }} * ({{ share_to }} - {{ share_from }})
        + {{ int_quotient(rest ~ ' * ' ~ share_to ~ ' + 999999999', 1000000000) }}
        - {{ int_quotient(rest ~ ' * ' ~ share_from ~ ' + 999999999', 1000000000) }}
    )
{%- endmacro %}
