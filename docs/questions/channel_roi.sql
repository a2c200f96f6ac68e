-- What did each channel cost, and what did the comparison with members who were never targeted find?
select
    channel,
    cost_amount,
    reached_member_count,
    control_member_count,
    incremental_net_sales_amount,
    incremental_low,
    incremental_high,
    verdict
from marts.channel_roi
where method = 'targeted_vs_never_targeted'
order by channel;

-- What does a new member cost by channel, if first orders are shared out evenly among the campaigns that led to them?
select channel, cost_amount, currency, new_member_credit, cost_per_new_member_amount
from marts.channel_roi
where method = 'linear'
order by channel;
