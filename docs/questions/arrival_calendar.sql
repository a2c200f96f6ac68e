-- Which store owes us which file?
select c.store_id, s.store_name, c.source, c.period_start, c.period_end
from ops.arrival_calendar c
inner join marts.stores s on s.store_id = c.store_id
where c.status = 'missing'
order by c.period_start, c.store_id;
