-- May the predictions be used, and why not?
select distinct verdict, verdict_reason
from marts.member_value_checks;

-- How well did the models tell the last quarter, and which limit is broken?
select measure, observed_value, expected_value, lower_limit, upper_limit, is_met
from marts.member_value_checks
where measure like 'holdout%' or is_met is not null
order by measure;
