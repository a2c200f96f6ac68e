-- One row per week of the 15 largest stores: the week beside the store's own mean week, as a step from -3 to 3.
with
store_weeks as (select * from store_weeks),
stores as (select * from marts.stores),
largest as (
    select
        store_id,
        row_number() over (order by sum(net_sales_amount) desc nulls last, store_id) as store_rank,
        avg(net_sales_amount) filter (is_complete) as mean_amount,
    from store_weeks
    group by store_id
    qualify store_rank <= 15
),
compared as (
    select
        largest.store_rank,
        store_weeks.*,
        store_weeks.net_sales_amount / nullif(largest.mean_amount, 0) - 1 as change_rate,
    from store_weeks
    inner join largest on store_weeks.store_id = largest.store_id
),
final as (
    select
        compared.store_rank,
        compared.store_id,
        coalesce(stores.store_name, compared.store_id) as store_name,
        compared.weeks_ago,
        compared.week_end,
        compared.net_sales_amount,
        compared.is_complete,
        compared.change_rate::decimal(18, 6) as change_rate,
        case
            when change_rate is null or not is_complete then null
            when change_rate <= -0.30 then -3
            when change_rate <= -0.15 then -2
            when change_rate <= -0.05 then -1
            when change_rate < 0.05 then 0
            when change_rate < 0.15 then 1
            when change_rate < 0.30 then 2
            else 3
        end as step,
    from compared
    left join stores on compared.store_id = stores.store_id
    order by compared.store_rank, compared.weeks_ago desc
)
select * from final
