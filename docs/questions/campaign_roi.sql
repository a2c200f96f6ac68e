-- What did each campaign return, by which method, and what may be concluded from it?
select campaign_id, method, cost_amount, cost_basis, attributed_net_sales_amount, roi, verdict, verdict_reason
from marts.campaign_roi
order by campaign_id, method;

-- What was measured of each campaign, what did it bring, and what would one have said without the control?
select
    campaign_id,
    method,
    incremental_net_sales_amount,
    incremental_low,
    incremental_high,
    confidence_level,
    naive_net_sales_amount,
    roi_low,
    roi_high,
    verdict
from marts.campaign_roi
where method_family = 'measured'
order by campaign_id, method;

-- How many members would have to be held out of, or told by, a campaign to find whether it pays?
select campaign_id, needed_member_count, verdict_reason
from marts.campaign_roi
where method = 'holdout' and verdict = 'not enough data'
order by campaign_id;

-- Which campaigns cost money and brought no order that can be credited to them?
select campaign_id, channel, cost_amount, currency, cost_basis
from marts.campaign_roi
where method = 'last_touch' and roi = -1
order by cost_amount desc, campaign_id;
