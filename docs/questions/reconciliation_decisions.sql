-- What was decided about breaks, how much money is in it, and which decisions name a break that nobody knows?
select
    count(*) as decision_count, count(*) filter (where is_latest) as holding_count,
    sum(difference_amount) filter (where is_latest) as difference_amount,
    sum(difference_amount) filter (where is_latest and decision = 'written_off') as written_off_amount,
    count(*) filter (where not is_known) as unknown_count, count(*) filter (where is_contradicted) as contradicted_count
from marts.reconciliation_decisions;
