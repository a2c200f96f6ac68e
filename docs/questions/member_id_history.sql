-- How many members became one, how many were kept or taken apart, and when last?
select
    count(case when event in ('merge', 'link') then 1 end) as joined_count,
    count(case when event in ('split', 'veto') then 1 end) as parted_count, max(event_date) as last_event_date
from marts.member_id_history;
