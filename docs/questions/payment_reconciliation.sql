-- Of what a till says was paid by WeChat and Alipay, how much does no bill confirm, and what kind of break is it?
select class, count(*) as row_count, sum(difference_amount) as difference_amount
from marts.payment_reconciliation
group by class
order by class;

-- What do matches rest on, and how many of them had more than one candidate?
select
    match_rule, count(*) as row_count, count(*) filter (where candidate_count > 1) as with_choice_count,
    max(seconds_apart) as most_seconds_apart
from marts.payment_reconciliation
group by match_rule
order by match_rule;
