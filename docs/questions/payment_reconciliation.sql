-- Of what a till says was paid by WeChat and Alipay, how much does no bill confirm, and what kind of break is it?
select class, count(*) as row_count, sum(difference_amount) as difference_amount
from marts.payment_reconciliation
group by class
order by class;

-- Which matches rest on amount and time alone, and had more than one candidate?
select store_id, business_date, tender_id, payment_id, pos_amount, seconds_apart, match_rank, candidate_count
from marts.payment_reconciliation
where match_rule = 'amount_and_time'
order by candidate_count desc, seconds_apart desc, reconciliation_id;
