-- Which segments do members fall into, and what does each bring?
select rfm_segment, count(*) as member_count, sum(net_sales_amount) as net_sales_amount
from marts.members
group by rfm_segment
order by net_sales_amount desc, rfm_segment;

-- Whom do we miss: good customers of the past who have not bought for three weeks?
select member_id, favourite_store_id, favourite_category, last_order_at, net_sales_amount
from marts.members
where recency_days > 21 and monetary_score >= 4
order by net_sales_amount desc, member_id;

-- Who bought on one day only, until when is a second order due, and what did they like?
select member_id, second_order_due_date, lapse_reason, average_order_amount, favourite_category, favourite_category_lift
from marts.members
where second_order_due_date is not null
order by second_order_due_date, member_id;
