{% set methods = [
    'coupon_coded', 'first_touch', 'last_touch', 'linear', 'position_based', 'time_decay', 'shapley', 'markov'
] %}

with

final as (
    {%- for method in methods %}
        select cast('{{ method }}' as string) as method
        {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
