-- How many of those a campaign was sent to handed a coupon in?
select
    c.campaign_id,
    c.channel,
    c.target_member_count,
    count(distinct r.member_id) as redeeming_member_count,
    c.spend_amount,
    c.spend_basis
from marts.campaigns c
left join marts.coupon_redemptions r on r.campaign_id = c.campaign_id
group by c.campaign_id, c.channel, c.target_member_count, c.spend_amount, c.spend_basis
order by c.campaign_id;
