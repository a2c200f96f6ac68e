-- What did each campaign return, by which method, and what may be concluded from it?
select campaign_id, method, cost_amount, cost_basis, attributed_net_sales_amount, roi, verdict, verdict_reason
from marts.campaign_roi
order by campaign_id, method;

-- Which campaigns cost money and brought no order that can be credited to them?
select campaign_id, channel, cost_amount, currency, cost_basis
from marts.campaign_roi
where method = 'last_touch' and roi = -1
order by cost_amount desc, campaign_id;
