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

-- Of how many people who came in does one buy, by store? Days without a door counter, or with a missing file, are left out.
select store_id, count(*) as day_count, sum(visitor_count) as visitor_count, sum(order_count) as order_count,
    sum(order_count) / nullif(sum(visitor_count), 0) as conversion_rate
from marts.store_daily_sales
where is_complete and visitor_count is not null
group by store_id
order by store_id;
