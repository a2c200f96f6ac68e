-- Of those who bought for the first time in a month, how many came back in the months after?
select cohort_month, months_since, member_count, active_member_count, retention_rate
from marts.member_cohorts
order by cohort_month, months_since;

-- What has a member of each cohort brought by now, and how many bought again?
select cohort_month, member_count, repeat_rate, cumulative_net_sales_per_member_amount
from marts.member_cohorts
qualify row_number() over (partition by cohort_month order by months_since desc) = 1
order by cohort_month;
