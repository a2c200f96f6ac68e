-- How much of what was paid by WeChat and Alipay do we find as orders, and of how many payers?
select
    count(*) as entry_count, sum(amount) as amount, count(order_id) as entry_with_order_count,
    count(distinct payer_identifier) as payer_count
from marts.payments;
