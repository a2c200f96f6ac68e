-- What does mobile payment do to the queue: in the busiest hour, how long does a receipt take by way of paying?
select
    tender, sum(receipt_count) as receipt_count,
    sum(gap_seconds) / nullif(sum(gap_count), 0) as mean_gap_seconds, max(p90_gap_seconds) as worst_p90_gap_seconds
from marts.checkout_throughput
where is_peak
group by rollup (tender)
order by receipt_count desc, tender;
-- How many receipts does a till pass in an hour, by the share that is paid by phone?
select
    floor(mobile_rate * 4) / 4 as mobile_rate_from, count(*) as till_hour_count,
    avg(till_hour_receipt_count) as receipts_per_till_hour
from (
    select distinct store_id, till, business_date, local_hour, mobile_rate, till_hour_receipt_count
    from marts.checkout_throughput
)
group by rollup (mobile_rate_from)
order by mobile_rate_from;
