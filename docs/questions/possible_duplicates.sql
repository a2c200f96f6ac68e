-- How many pairs of list entries may be one person, and how many of them nearly for certain?
select count(*) as pair_count, count(case when match_weight >= 10 then 1 end) as nearly_certain_count
from marts.possible_duplicates;
