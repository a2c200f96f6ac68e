with

final as (
    select cast('coupon_coded' as string) as method
    union all
    select cast('first_touch' as string) as method
    union all
    select cast('last_touch' as string) as method
    union all
    select cast('linear' as string) as method
    union all
    select cast('position_based' as string) as method
    union all
    select cast('time_decay' as string) as method
    union all
    select cast('shapley' as string) as method
    union all
    select cast('markov' as string) as method
)

select * from final
