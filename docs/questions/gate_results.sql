-- What did the gates find that did not hold?
select gate, severity, suite, rule, observed, unexpected_count, checked_at
from ops.gate_results
where not success
order by checked_at desc, suite, rule;
