{{ config(materialized='view') }}
{% set methods = ['shapley', 'markov'] %}

with

paths as (
    select * from {{ ref('int_attribution_paths__placed') }}
    where path_position is not null
),

weights as (
    select * from {{ ref('int_attribution_weights__solved') }}
),

-- A campaign weighs on every path what it weighs on all; its share is that over the weights of the path.
weighed as (
    select
        paths.order_id,
        {%- for method in methods %}
            weights.{{ method }}_weight,
            cast(sum(weights.{{ method }}_weight) over (
                partition by paths.order_id order by paths.path_position nulls last
                rows between unbounded preceding and current row
            ) as bigint) as {{ method }}_to,
            cast(sum(weights.{{ method }}_weight) over (
                partition by paths.order_id order by paths.path_position nulls last
                rows between unbounded preceding and unbounded following
            ) as bigint) as {{ method }}_total,
        {%- endfor %}
        paths.touch_id
    from paths
    inner join weights on paths.campaign_id = weights.campaign_id
),

final as (
    select
        order_id,
        {%- for method in methods %}
            {{ method }}_to - {{ method }}_weight as {{ method }}_from,
            {{ method }}_to,
            {{ method }}_total,
        {%- endfor %}
        touch_id
    from weighed
)

select * from final
