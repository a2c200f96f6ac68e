-- What was planned, in which versions, and which of them counts?
select campaign_id, version_number, status, valid_from_date, start_date, end_date, store_ids, offer, budget_amount
from marts.campaign_plans
order by campaign_id, version_number;
