-- How sure are we of the order that a coupon was used in?
select coalesce(match_basis, 'no order of that member and day') as match_basis, count(*) as redemption_count
from marts.coupon_redemptions
group by match_basis
order by redemption_count desc, match_basis;
