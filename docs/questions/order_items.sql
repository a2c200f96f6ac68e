-- From which file and line does each line of an order come?
select i.order_id, i.line_number, i.product_id, i.net_sales_amount, f.path, i.source_line
from marts.order_items i
inner join ops.file_ledger f on f.file_id = i.source_file_id and f.status = 'loaded'
order by i.order_id, i.line_number
limit 20;

-- Which two products are bought together most often?
select a.product_id, b.product_id as with_product_id, count(distinct a.order_id) as order_count
from marts.order_items a
inner join marts.order_items b on b.order_id = a.order_id and b.product_id > a.product_id
group by a.product_id, b.product_id
order by order_count desc, a.product_id, b.product_id
limit 20;
