-- Which line of which file tells how many people came in on a store's busiest day?
select t.store_id, t.business_date, t.count_id_source, t.visitor_count, f.path, t.source_line
from marts.store_traffic t
inner join ops.file_ledger f on f.file_id = t.source_file_id
order by t.visitor_count desc, t.store_id, t.business_date
limit 10;
