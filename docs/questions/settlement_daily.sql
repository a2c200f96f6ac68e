-- What should have arrived of each payment company, what did, what is still on its way, and are the fees right?
select
    payment_channel, currency, sum(gross_amount - refund_amount) as settled_amount, sum(fee_amount) as fee_amount,
    sum(expected_fee_amount) as expected_fee_amount, sum(net_to_arrive_amount) as net_to_arrive_amount,
    sum(account_difference_amount) as account_difference_amount, sum(bank_amount) as bank_amount
from marts.settlement_daily
group by rollup ((payment_channel, currency))
order by net_to_arrive_amount desc;
