-- How many members stood in which status at the end of each month?
select months.month_end_date, profiles.lapse_status, count(*) as member_count
from (select distinct last_day(valid_from_date) as month_end_date from marts.member_profile_history) as months
inner join marts.member_profile_history as profiles
    on months.month_end_date >= profiles.valid_from_date
    and (profiles.valid_to_date is null or months.month_end_date <= profiles.valid_to_date)
group by months.month_end_date, profiles.lapse_status
order by months.month_end_date, profiles.lapse_status;

-- What was known of each member at the end of the month before the last?
select profiles.member_id, days.day, profiles.order_count, profiles.net_sales_amount, profiles.lapse_status
from (select last_day(max(valid_from_date) - interval 1 month) as day from marts.member_profile_history) as days
inner join marts.member_profile_history as profiles
    on days.day >= profiles.valid_from_date
    and (profiles.valid_to_date is null or days.day <= profiles.valid_to_date)
order by profiles.member_id;
