-- By which identifiers do we know our members, and how many of each are shared by several people?
select identifier_type, status, count(*) as identifier_count, count(distinct member_id) as member_count
from marts.member_identifiers
group by identifier_type, status
order by identifier_type, status;

-- Which member stands behind an id that was valid once?
select own_member_id as old_member_id, member_id, identifier_type, issuer, status
from marts.member_identifiers
where own_member_id <> member_id
order by old_member_id;
