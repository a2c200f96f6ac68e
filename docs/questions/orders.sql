-- What was sold in each month, and what part of it is tied to a person?
select
    date_trunc('month', business_date) as sales_month,
    count(*) as order_count,
    sum(net_sales_amount) as net_sales_amount,
    sum(case when member_id is not null then net_sales_amount else 0 end) / sum(net_sales_amount) as identified_rate
from marts.orders
group by date_trunc('month', business_date)
order by sales_month;

-- How much do people spend on their first order, and how much on later ones?
select is_first_order, count(*) as order_count, avg(net_sales_amount) as average_net_sales_amount
from marts.orders
where member_id is not null
group by is_first_order
order by is_first_order;
