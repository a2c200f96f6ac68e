-- How many points do members hold, how many did refunds take back, and what does the ledger not explain?
select
    count(*) as member_count, sum(balance_points) as balance_points, sum(reversed_points) as reversed_points,
    sum(unexplained_points) as unexplained_points, sum(unreversed_refund_count) as unreversed_refund_count
from marts.member_points;
