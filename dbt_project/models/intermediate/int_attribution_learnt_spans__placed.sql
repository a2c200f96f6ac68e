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
        paths.campaign_id,
        paths.touch_id,
        weights.shapley_weight,
        weights.markov_weight,
        cast(sum(weights.shapley_weight) over (
            partition by paths.order_id order by paths.path_position nulls last
            rows between unbounded preceding and current row
        ) as bigint) as shapley_to,
        cast(sum(weights.shapley_weight) over (
            partition by paths.order_id order by paths.path_position nulls last
            rows between unbounded preceding and unbounded following
        ) as bigint) as shapley_total,
        cast(sum(weights.markov_weight) over (
            partition by paths.order_id order by paths.path_position nulls last
            rows between unbounded preceding and current row
        ) as bigint) as markov_to,
        cast(sum(weights.markov_weight) over (
            partition by paths.order_id order by paths.path_position nulls last
            rows between unbounded preceding and unbounded following
        ) as bigint) as markov_total
    from paths
    inner join weights on paths.campaign_id = weights.campaign_id
),

final as (
    {%- for method in methods %}
        select
            order_id,
            campaign_id,
            touch_id,
            '{{ method }}' as method,
            {{ method }}_to - {{ method }}_weight as span_from,
            {{ method }}_to as span_to,
            {{ method }}_total as span_total
        from weighed
        {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
