-- How many coupons of each campaign were used, how many expired, and how many can still be used?
select
    issuer, campaign_id, sum(issued_count) as issued_count, sum(unlisted_count) as unlisted_count,
    sum(redeemed_count) as redeemed_count, sum(expired_count) as expired_count,
    sum(issued_count + unlisted_count + reversed_count - redeemed_count - expired_count) as open_count
from marts.coupon_liability_daily
group by issuer, campaign_id
order by redeemed_count desc, issuer, campaign_id;
