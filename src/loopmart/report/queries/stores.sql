-- One row per list and store: the largest, the largest falls and the smallest; one list holds all up to 20 stores.
with
windows as (select * from store_windows),
store_weeks as (select * from store_weeks),
counted as (select count(*) as store_count from windows),
ranked as (
    select
        windows.*,
        counted.store_count,
        row_number() over (order by net_sales_amount desc nulls last, store_id) as rank_down,
        row_number() over (order by nullif(net_sales_amount, 0) nulls last, store_id) as rank_up,
        row_number() over (order by change_amount nulls last, store_id) as rank_fall,
    from windows
    cross join counted
),
listed as (
    select 'largest' as list, rank_down as place, *,
    from ranked
    where rank_down <= 10 or store_count <= 20
    union all
    select 'falls' as list, rank_fall as place, *,
    from ranked
    where store_count > 20 and rank_fall <= 10 and change_amount < 0
    union all
    select 'smallest' as list, rank_up as place, *,
    from ranked
    where store_count > 20 and rank_up <= 10 and net_sales_amount <> 0
),
weeks as (
    select
        store_id,
        list(case when is_complete then net_sales_amount end order by weeks_ago desc) as week_amounts,
    from store_weeks
    where weeks_ago < 13
    group by store_id
),
final as (
    select listed.*, weeks.week_amounts,
    from listed
    left join weeks on listed.store_id = weeks.store_id
    order by listed.list, listed.place
)
select * from final
