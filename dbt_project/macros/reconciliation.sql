{# A parameter of the match between tills and bills, from `vars` of dbt_project.yml. #}
{% macro reconciliation_parameter(name) -%}
    {{ return(var('reconciliation')[name]) }}
{%- endmacro %}


{#
  A number for what a tender and its bill entry have in common: store, channel, kind, currency and the columns given.
  A bill's revocation gives back what it names, as a refund does.
#}
{% macro pairing_key(columns) -%}
    {{ row_hash([
        'store_id',
        'payment_channel',
        "case when kind = 'payment' then 'payment' else 'refund' end",
        'currency',
    ] + columns) }}
{%- endmacro %}


{#
  One-to-one pairs of tenders and bill entries that have a key in common and lie no more than so many seconds apart,
  the closest first, so that no two are left that lie closer to each other than both do to what they were given.
  `points` has point_id, side (1 a tender, -1 an entry), second (bigint) and the key.
  Gives tender_id, payment_id, seconds_apart.

  Two that are closest have nothing between them. So walk through the points of a key in time, one step up at a tender and
  one down at an entry: points of one height take turns, and closest pairs are neighbours there (the chains of Delon,
  Salomon and Sobolevski 2012, Local matching indicators for transport problems with concave costs, SIAM J. Discrete
  Math. 26, 801-827). Each round pairs the neighbours that are closer to each other than to those beside them; what after
  three rounds still has neighbours within the limit is paired in order of time.
#}
{% macro closest_pairs(points, key, seconds) -%}
    {%- set neighbours = 'partition by pair_key, height order by second nulls last, side desc nulls last, point_id nulls last' -%}
    with chains_1 as (
        select
            point_id,
            side,
            second,
            {{ key }} as pair_key,
            sum(side) over (
                partition by {{ key }} order by second nulls last, side desc nulls last, point_id nulls last
                rows between unbounded preceding and current row
            ) - case when side = 1 then 1 else 0 end as height
        from {{ points }}
        where {{ key }} is not null
    ),
    {% for round in [1, 2, 3, 4] %}
    gaps_{{ round }} as (
        select
            *,
            second - lag(second) over ({{ neighbours }}) as gap_before,
            lead(second) over ({{ neighbours }}) - second as gap_after,
            lead(second, 2) over ({{ neighbours }}) - lead(second) over ({{ neighbours }}) as next_gap,
            lead(point_id) over ({{ neighbours }}) as next_id
        from chains_{{ round }}
    ),

    {% if not loop.last -%}
    chosen_{{ round }} as (
        select
            *,
            gap_after <= {{ seconds }}
            and gap_after < coalesce(gap_before, gap_after + 1)
            and gap_after <= coalesce(next_gap, gap_after) as is_chosen
        from gaps_{{ round }}
    ),

    chains_{{ round + 1 }} as (
        select
            point_id,
            side,
            second,
            pair_key,
            height
        from (
            select
                *,
                coalesce(is_chosen, false) as is_first,
                coalesce(lag(is_chosen) over ({{ neighbours }}), false) as is_second
            from chosen_{{ round }}
        ) as flagged
        where not is_first and not is_second
    ),
    {%- else -%}
    runs as (
        select
            *,
            sum(case when gap_before <= {{ seconds }} then 0 else 1 end) over (
                {{ neighbours }} rows between unbounded preceding and current row
            ) as run_number
        from gaps_{{ round }}
    ),

    chosen_{{ round }} as (
        select
            *,
            gap_after <= {{ seconds }} and row_number() over (
                partition by pair_key, height, run_number
                order by second nulls last, side desc nulls last, point_id nulls last
            ) % 2 = 1 as is_chosen
        from runs
    ),
    {%- endif %}
    {% endfor %}
    chosen as (
        {%- for round in [1, 2, 3, 4] %}
        select point_id, side, next_id, gap_after from chosen_{{ round }} where is_chosen
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    )

    select
        case when side = 1 then point_id else next_id end as tender_id,
        case when side = 1 then next_id else point_id end as payment_id,
        gap_after as seconds_apart
    from chosen
{%- endmacro %}


{# The rows of `points` that none of the relations of pairs holds. #}
{% macro points_without(points, pairs) -%}
    select points.*
    from {{ points }} as points
    left join (
        {%- for relation in pairs %}
        select
            1 as side,
            tender_id as point_id
        from {{ relation }}
        union distinct
        select
            -1 as side,
            payment_id as point_id
        from {{ relation }}
        {{ "union distinct" if not loop.last }}
        {%- endfor %}
    ) as paired
        on
            points.point_id = paired.point_id
            and points.side = paired.side
    where paired.point_id is null
{%- endmacro %}
