-- Which products were sold but stand on no product list, and for how much?
select i.product_id, count(distinct i.order_id) as order_count, sum(i.net_sales_amount) as net_sales_amount
from marts.order_items i
inner join marts.products p on p.product_id = i.product_id
where p.is_unmapped
group by i.product_id
order by net_sales_amount desc, i.product_id;

-- Which categories bring most, and what part of their gross sales is discount?
select
    p.category,
    sum(i.net_sales_amount) as net_sales_amount,
    sum(i.discount_amount) / nullif(sum(i.gross_amount), 0) as discount_rate
from marts.order_items i
inner join marts.products p on p.product_id = i.product_id
group by p.category
order by net_sales_amount desc, p.category;
