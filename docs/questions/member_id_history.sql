-- Which members became one, when, and which line of which file says so?
select event_date, event, member_id, new_member_id, reason, source_file_id, source_line
from marts.member_id_history
order by event_date desc, member_id;
