-- Is there anything about the campaigns that somebody should look at, and for how many of them?
select count(*) as warning_count, count(distinct kind) as kind_count, count(distinct campaign_id) as campaign_count
from marts.campaign_warnings;
