-- By which identifiers do we know our members, and how many of each are shared by several people?
select identifier_type, status, count(*) as identifier_count, count(distinct member_id) as member_count
from marts.member_identifiers
group by identifier_type, status
order by identifier_type, status;

-- How many ids that were valid once (`own_member_id`) stand for another member today?
select count(*) as old_id_count
from marts.member_identifiers
where own_member_id <> member_id;
