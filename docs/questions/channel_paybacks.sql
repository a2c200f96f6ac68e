-- What have the members that each channel won in a month brought since, beside what it cost in that month?
select channel, cohort_month, months_since, new_member_credit, cost_amount, cumulative_net_sales_amount, payback_ratio
from marts.channel_paybacks
where method = 'first_touch'
order by channel, cohort_month, months_since;
