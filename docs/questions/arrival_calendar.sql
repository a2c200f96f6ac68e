-- Which sender owes us which file, and since when?
select sender_id, sender_name, source, period_start, period_end, due_at, status, missing_days
from ops.arrival_calendar
where status in ('missing', 'partial')
order by due_at, sender_id;

-- Which files came late, and by how many hours?
select sender_id, source, period_start, due_at, arrived_at, date_diff('hour', due_at, arrived_at) as late_hours
from ops.arrival_calendar
where is_late
order by late_hours desc, sender_id, source, period_start;
