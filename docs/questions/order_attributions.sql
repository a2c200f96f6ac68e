-- How do the rules of allocation differ, campaign by campaign?
select
    campaign_id,
    sum(case when method = 'coupon_coded' then attributed_net_sales_amount else 0 end) as coupon_coded_amount,
    sum(case when method = 'first_touch' then attributed_net_sales_amount else 0 end) as first_touch_amount,
    sum(case when method = 'last_touch' then attributed_net_sales_amount else 0 end) as last_touch_amount,
    sum(case when method = 'linear' then attributed_net_sales_amount else 0 end) as linear_amount,
    sum(case when method = 'markov' then attributed_net_sales_amount else 0 end) as markov_amount
from marts.order_attributions
group by campaign_id
order by campaign_id;

-- Which margin do campaigns get by the time-decay rule, and for how many orders is it known?
select
    campaign_id,
    sum(attributed_margin_amount) as margin_amount,
    count(attributed_margin_amount) as known_count,
    count(*) as credit_count
from marts.order_attributions
where method = 'time_decay'
group by campaign_id
order by campaign_id;
