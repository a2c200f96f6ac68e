-- Whom do I have to call: what is wrong with which sender's files?
select sender_id, path, column_name, reason, remedy, count(*) as row_count, sum(amount) as amount
from ops.quarantined_rows
group by sender_id, path, column_name, reason, remedy
order by sender_id, path, row_count desc;
