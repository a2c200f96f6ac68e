-- What was spent each month, on what, and how much of it did no planned campaign carry?
select
    cast(date_trunc('month', business_date) as date) as month,
    spend_type,
    currency,
    sum(amount) as amount,
    sum(amount) filter (unallocated_reason is not null) as unallocated_amount
from marts.campaign_spend_daily
group by all
order by all;
