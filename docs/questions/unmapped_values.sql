-- What did our stores send that nothing explains, and how much money stands behind it?
select kind, value, count(*) as store_count, sum(row_count) as row_count, sum(net_sales_amount) as net_sales_amount
from marts.unmapped_values
group by kind, value
order by net_sales_amount desc, kind, value;
