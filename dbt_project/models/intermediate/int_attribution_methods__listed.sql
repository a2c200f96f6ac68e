with

final as (
    select cast('coupon_coded' as string) as method
    {%- for method in [
        'first_touch', 'last_touch', 'linear', 'position_based', 'time_decay', 'shapley', 'markov'
    ] %}
    union all
    select cast('{{ method }}' as string) as method
    {%- endfor %}
)

select * from final
