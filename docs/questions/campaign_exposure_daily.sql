-- How often was each campaign shown and clicked, on how many days and in how many stores did it run?
select
    campaign_id,
    channel,
    count(distinct business_date) filter (is_planned) as planned_day_count,
    count(distinct store_id) filter (is_planned) as planned_store_count,
    sum(impression_count) as impression_count,
    sum(click_count) as click_count,
    sum(anonymous_touch_count) as anonymous_touch_count
from marts.campaign_exposure_daily
group by all
order by all;
