-- How often was each member written to, and did they buy afterwards?
select
    t.member_id,
    count(distinct t.touch_id) as touch_count,
    count(distinct o.order_id) as later_order_count
from marts.campaign_touches t
left join marts.orders o on o.member_id = t.member_id and o.ordered_at >= t.touched_at
where t.member_id is not null and t.status is distinct from 'failed'
group by t.member_id
order by touch_count desc, t.member_id
limit 20;
