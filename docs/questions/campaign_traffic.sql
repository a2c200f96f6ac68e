-- Did more people come into the stores of a campaign, and did a larger share of them buy? What a row says is not causal.
select
    campaign_id, store_id, visitor_count, baseline_visitor_count, visitor_change_count, visitor_ratio,
    baseline_conversion_rate, conversion_rate, verdict, verdict_reason
from marts.campaign_traffic
order by verdict = 'not enough data', campaign_id, store_id
limit 50;
