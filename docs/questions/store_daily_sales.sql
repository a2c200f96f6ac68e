-- Which days must not be compared, because a file is missing?
select store_id, business_date, expected_file_count, missing_file_count
from marts.store_daily_sales
where not is_complete
order by business_date, store_id
limit 50;

-- What does a store sell on an ordinary day of the week? Days with a missing file are left out, they are unknown.
select
    store_id,
    extract(dow from business_date) as day_of_week,
    avg(net_sales_amount) as average_net_sales_amount
from marts.store_daily_sales
where is_complete
group by store_id, extract(dow from business_date)
order by store_id, day_of_week;
