-- What did each mall sell, with every store counted to the mall of that day, and what did stores of no known mall?
select h.mall, sum(d.net_sales_amount) as net_sales_amount
from marts.store_daily_sales d
left join marts.store_hierarchy h
    on h.store_id = d.store_id and d.business_date between h.valid_from_date and coalesce(h.valid_to_date, d.business_date)
group by h.mall
order by net_sales_amount desc, h.mall;
