-- How many of those considered were left out, and how often because they have not consented?
select
    count(*) as considered_count, count(*) filter (where arm = 'excluded') as excluded_count,
    count(*) filter (where reason like '%consent%') as without_consent_count,
    count(*) filter (where arm = 'mixed') as mixed_count, count(distinct member_id) as member_count
from marts.audience_members;
