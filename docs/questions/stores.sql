-- Which stores sold most, and since when do we have figures of them?
select store_id, store_name, order_count, net_sales_amount, currency, first_business_date, last_business_date
from marts.stores
order by net_sales_amount desc, store_id;
