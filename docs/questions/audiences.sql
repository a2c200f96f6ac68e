-- How many exports are still being followed, and how many people were reached, held out and left out in all?
select
    count(*) as export_count, count(*) filter (where not is_window_closed) as open_count,
    sum(treatment_member_count) as treatment_member_count, sum(holdout_member_count) as holdout_member_count,
    sum(excluded_member_count) as excluded_member_count, max(window_end_date) as last_window_end_date
from marts.audiences;
