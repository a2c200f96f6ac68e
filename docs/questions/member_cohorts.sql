-- Of those who bought for the first time in a month, how many came back in the months after?
select cohort_month, months_since, member_count, active_member_count, retention_rate
from marts.member_cohorts
order by cohort_month, months_since;
