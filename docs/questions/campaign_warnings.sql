-- What about the campaigns should somebody look at, the most money first?
select kind, campaign_id, other_campaign_id, detail, case_count, amount, currency, remedy, source_file_id, source_line
from marts.campaign_warnings
order by amount desc nulls last, case_count desc, kind, campaign_id
limit 50;
