-- On which days do till and bill differ, and how many breaks have been open for more than a week?
select
    store_id, business_date, payment_channel, pos_amount, bill_amount, difference_amount,
    open_8_to_30_days_count + open_over_30_days_count as old_open_count
from marts.payment_reconciliation_daily
where difference_amount <> 0 or open_count > 0
order by business_date, store_id, payment_channel;
