-- How do the two rules of allocation differ, campaign by campaign?
select
    campaign_id,
    sum(case when method = 'coupon_coded' then attributed_net_sales_amount else 0 end) as coupon_coded_amount,
    sum(case when method = 'last_touch' then attributed_net_sales_amount else 0 end) as last_touch_amount
from marts.order_attributions
group by campaign_id
order by campaign_id;
