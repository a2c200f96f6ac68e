-- Which plans were changed, and what changed?
select campaign_id, version_number, status, valid_from_date, start_date, end_date, store_ids, offer, budget_amount
from marts.campaign_plans
qualify count(*) over (partition by campaign_id) > 1
order by campaign_id, version_number;
